import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AGENCY_KINDS, AgencyKind, AuthoredForm, type AuthoredSection, Sensitivity } from '../../../../contracts/index.js'
import { AuthoredDataInvalid, loadForms, loadSplit, readYaml } from '../load.js'
import { createRandom, hashText, type Random } from '../render/random.js'
import { domainTable, factSheet, worksheet } from './generated.js'
import { borrowed, loadParts, type Part, partsDir } from './parts.js'
import type { Domain } from './patterns.js'
import { relabel } from './relabel.js'

/** More than the issue asks for: each kind of business gets the same number. */
export const COMPOSED_FORMS = 280

const HERE = fileURLToPath(new URL('.', import.meta.url))
const Names = z
  .object({
    places: z.array(z.string()),
    agencies: z.record(AgencyKind, z.array(z.string())),
    titles: z.record(AgencyKind, z.array(z.string())),
    things: z.record(AgencyKind, z.array(z.string())),
    instructions: z.array(z.string()),
  })
  .strict()
const words = z.array(z.string()).min(2)
const DomainFile = z.array(
  z
    .object({
      kinds: z.array(AgencyKind),
      name: z.string(),
      things: words,
      amounts: words,
      people: words,
      places: words,
      documents: words,
      events: words,
      sensitivity: Sensitivity.extract(['medium', 'high']).optional(),
    })
    .strict(),
)

/** What forms are composed of. */
export interface Library {
  parts: Part[]
  domains: Domain[]
  names: z.infer<typeof Names>
}

/**
 * Reads parts and word lists of the dataset folder `dir`, and the sections of its hand-checked forms that are not held out.
 * @throws AuthoredDataInvalid naming file, line and field of every fault.
 */
export async function loadLibrary(dir: string): Promise<Library> {
  const faults: string[] = []
  const [names, domains] = [
    await readYaml(join(HERE, 'names.yaml'), Names, faults),
    await readYaml(join(HERE, 'domains.yaml'), DomainFile, faults),
  ]
  if (!names || !domains) throw new AuthoredDataInvalid(faults)
  const held = new Set((await loadSplit(dir)).eval)
  const parts = [...(await loadParts(partsDir(dir))), ...borrowed(await loadForms(join(dir, 'forms')), held)]
  return { parts, domains, names }
}

const isSigning = (section: AuthoredSection): boolean => section.fields.some((f) => 'widget' in f && f.widget === 'signature')

/** Whether a section's money is a person's own (`medium`) or a trade's dues (`low`); nothing when it asks for none. */
function moneyOf(section: AuthoredSection): 'medium' | 'low' | undefined {
  const money = section.fields
    .flatMap((f) => ('table' in f ? f.table.columns : [f]))
    .filter((f) => 'fieldType' in f && f.fieldType === 'currency')
  if (money.length === 0) return undefined
  return money.filter((f) => 'sensitivity' in f && f.sensitivity !== undefined).length * 2 > money.length ? 'medium' : 'low'
}

/** Sections that may stand on one form: what it asks of money is all of one sort. */
function coherent(sections: AuthoredSection[]): AuthoredSection[] {
  const sort = sections.map(moneyOf).find((s) => s !== undefined)
  return sections.filter((s) => [undefined, sort].includes(moneyOf(s)))
}

/** A generated section's amounts are as sensitive as the form's other money. */
function asPersonal(section: AuthoredSection): AuthoredSection {
  const judged = <T extends object>(f: T): T =>
    'fieldType' in f && f.fieldType === 'currency' && !('sensitivity' in f) ? { ...f, sensitivity: 'medium' } : f
  return {
    ...section,
    fields: section.fields.map((f) => ('table' in f ? { ...f, table: { ...f.table, columns: f.table.columns.map(judged) } } : judged(f))),
  }
}

function generated(library: Library, kind: AgencyKind, random: Random): AuthoredSection {
  const fitting = library.domains.filter((d) => d.kinds.includes(kind))
  const domain = random.pick(random.chance(0.85) && fitting.length > 0 ? fitting : library.domains)
  const shape = random.weighted(
    kind === 'tax' || kind === 'business' ? { worksheet: 55, facts: 25, table: 20 } : { worksheet: 20, facts: 55, table: 25 },
  )
  return { worksheet, facts: factSheet, table: domainTable }[shape](domain, random)
}

function chooseSections(library: Library, kind: AgencyKind, random: Random): AuthoredSection[] {
  const fitting = random.shuffle(library.parts.filter((p) => p.kinds.includes(kind)).map((p) => p.section))
  const body = coherent(fitting.filter((s) => !isSigning(s)))
    .slice(0, random.int(2, 4))
    .map((s) => relabel(s, random))
  const personal = kind === 'benefits' || body.some((s) => moneyOf(s) === 'medium')
  const made = Array.from({ length: random.int(1, 2) }, () => generated(library, kind, random)).map((s) => (personal ? asPersonal(s) : s))
  const closing = fitting
    .filter(isSigning)
    .slice(0, random.chance(0.75) ? 1 : 0)
    .map((s) => relabel(s, random))
  const titles = new Set<string>()
  return [...random.shuffle([...body, ...made]), ...closing].filter((s) => !titles.has(s.title) && titles.add(s.title))
}

/**
 * The composed form number `index` (from 0): its kind follows from the index, everything else from `seed`. It is a family
 * of its own and made of no held-out form, so it is always trained on and never evaluated.
 */
export function composeForm(index: number, library: Library, seed: number): AuthoredForm {
  const random = createRandom(hashText(`composed/${index}/${seed}`))
  const kind = AGENCY_KINDS[index % AGENCY_KINDS.length]!
  const { names } = library
  const id = `composed-${kind}-${String(index + 1).padStart(3, '0')}`
  const title = random.pick(names.titles[kind]).replace('…', random.pick(names.things[kind]))
  return AuthoredForm.parse({
    id,
    kind,
    family: id,
    title,
    agency: `${random.pick(names.agencies[kind])}, ${random.pick(names.places)}`,
    origin: 'composed',
    review: { state: 'checked', by: 'composer', on: '2026-11-22' },
    ...(random.chance(0.5) ? { instructions: [random.pick(names.instructions)] } : {}),
    sections: chooseSections(library, kind, random),
  })
}

/** All composed forms of the dataset folder `dir`, the same ones every time. */
export async function composeForms(dir: string, count = COMPOSED_FORMS): Promise<AuthoredForm[]> {
  const library = await loadLibrary(dir)
  return Array.from({ length: count }, (_, index) => composeForm(index, library, 1))
}
