import type { AuthoredField, AuthoredSection } from '../../../../contracts/index.js'
import type { Random } from '../render/random.js'
import { AMOUNTS, attached, capital, COUNTS, type Domain, type Draft, FACTS, type Pattern, QUESTIONS } from './patterns.js'

function distinct(count: number, make: () => Draft): Draft[] {
  const found = new Map<string, Draft>()
  for (let tries = 0; found.size < count && tries < count * 8; tries++) {
    const draft = make()
    if (!found.has(draft.label)) found.set(draft.label, draft)
  }
  return [...found.values()]
}

const SUMS: ((line: number, random: Random) => Draft)[] = [
  (n) => ({
    label: `Subtract line ${n - 1} from line ${n - 2}`,
    printed: `Subtract line ${n - 1} from line ${n - 2}. If zero or less, enter -0-`,
    fieldType: 'currency',
  }),
  (n, r) => {
    const f = r.pick(['0.05', '6%', '.0875', '12.5%', '0.25'])
    return { label: `Multiply line ${n - 1} by ${f}`, fieldType: 'currency' }
  },
  (n) => ({ label: `Add lines ${Math.max(1, n - 3)} through ${n - 1}`, fieldType: 'currency' }),
  (n) => ({ label: `Enter the smaller of line ${n - 2} or line ${n - 1}`, fieldType: 'currency' }),
  (n) => ({
    label: `Divide line ${n - 2} by line ${n - 1}`,
    printed: `Divide line ${n - 2} by line ${n - 1}. Enter the result as a decimal (rounded to at least three places)`,
    fieldType: 'number',
  }),
]
const ENDINGS = [
  'See instructions',
  'Attach a statement',
  'Enter here and on Schedule {s}, line {n}',
  'If none, enter -0-',
  'Include this amount on Form {f}, line {n}',
  'Do not include amounts reported on line {n}',
  'Attach Form {f}',
]

function ending(random: Random): string {
  return random
    .pick(ENDINGS)
    .replace('{s}', random.pick(['A', 'B', 'C-1', 'E', 'K', 'NR']))
    .replace('{f}', String(random.int(100, 8999)))
    .replace('{n}', String(random.int(1, 39)))
}

/** Numbered amounts with sums between, as tax and fee worksheets have them. */
export function worksheet(domain: Domain, random: Random): AuthoredSection {
  const count = random.int(6, 16)
  const pool = distinct(count, () => (random.chance(0.8) ? random.pick(AMOUNTS) : random.pick(COUNTS))(domain, random))
  let number = random.chance(0.7) ? 0 : random.int(4, 30)
  let letters = 0
  const fields = pool.map((draft, i): AuthoredField => {
    const lettered = letters > 0 || random.chance(0.15)
    if (letters === 0) number += 1
    const printed =
      draft.printed ??
      (random.chance(0.35)
        ? `${draft.label}. ${ending(random)}`
        : random.chance(0.1)
          ? `Enter the ${draft.label[0]!.toLowerCase()}${draft.label.slice(1)}`
          : undefined)
    if (i > 2 && !lettered && random.chance(0.22)) return { ...random.pick(SUMS)(number, random), number: String(number) }
    if (i > 3 && !lettered && random.chance(0.12))
      return { ...draft, printed: `Add lines ${Math.max(1, number - 3)} through ${number - 1}. ${draft.label}`, number: String(number) }
    const letter = lettered ? String.fromCharCode(97 + letters) : ''
    letters = lettered ? (letters + 1) % random.int(2, 4) : 0
    return { ...draft, ...(printed ? { printed } : {}), number: `${number}${letter}` }
  })
  const title = random.pick([
    `${domain.name} Worksheet`,
    `Computation of ${random.pick(domain.amounts)}`,
    `Figuring the ${capital(random.pick(domain.amounts))}`,
    `${domain.name} Summary`,
    `${capital(random.pick(domain.amounts))} and ${capital(random.pick(domain.amounts))}`,
  ])
  return { title, fields }
}

/** Facts about a domain's people, places and papers. */
export function factSheet(domain: Domain, random: Random): AuthoredSection {
  const draw = () => {
    const list = random.weighted({ facts: 60, counts: 12, amounts: 10, questions: 14, attached: 4 })
    if (list === 'attached') return attached(domain, random)
    return random.pick({ facts: FACTS, counts: COUNTS, amounts: AMOUNTS, questions: QUESTIONS.filter((q) => q !== QUESTIONS[3]) }[list])(
      domain,
      random,
    )
  }
  const fields = distinct(random.int(5, 12), draw).map(
    (f): AuthoredField =>
      domain.sensitivity && !f.sensitivity && f.fieldType !== 'boolean' ? { ...f, sensitivity: domain.sensitivity } : f,
  )
  const title = random.pick([
    `${domain.name} Information`,
    `About the ${capital(random.pick(domain.people))}`,
    `${capital(random.pick(domain.events))} Details`,
    `${capital(random.pick(domain.places))} and ${capital(random.pick(domain.documents))}`,
    `${domain.name} Particulars`,
  ])
  return { title, fields }
}

/** A ruled table over a domain's words: blank rows, or rows that are named. */
export function domainTable(domain: Domain, random: Random): AuthoredSection {
  const columns = (list: Pattern[], count: number) =>
    distinct(count, () => random.pick(list)(domain, random)).map(
      (d): AuthoredField => ({ label: d.label, fieldType: d.fieldType, ...(d.sensitivity ? { sensitivity: d.sensitivity } : {}) }),
    )
  const caption = random.chance(0.4) ? { caption: `${capital(random.pick(domain.things))} by ${random.pick(domain.places)}` } : {}
  if (random.chance(0.5)) {
    const rowLabels = distinct(random.int(3, 8), () => random.pick(AMOUNTS)(domain, random)).map((d) => d.label)
    const heads = random.pick([
      ['Current year', 'Prior year'],
      ['Column A', 'Column B', 'Column C'],
      ['This quarter', 'Year to date'],
      ['First month', 'Second month', 'Third month'],
      ['Federal', 'State'],
      ['Amount'],
      ['Claimed', 'Allowed'],
      ['Line total'],
      ['(i) Resident', '(ii) Nonresident'],
      ['Cost', 'Depreciation', 'Net'],
    ])
    return {
      title: `Schedule of ${capital(random.pick(domain.things))}`,
      fields: [{ table: { ...caption, rowLabels, columns: heads.map((label) => ({ label, fieldType: 'currency' as const })) } }],
    }
  }
  const facts = FACTS.filter((_, i) => i !== 10 && i !== 11)
  return {
    title: `List of ${capital(random.pick(domain.people))}s`,
    fields: [
      {
        table: {
          ...caption,
          rows: random.int(2, 6),
          columns: [...columns(facts, random.int(2, 3)), ...columns([...AMOUNTS, ...COUNTS], random.int(1, 2))],
        },
      },
    ],
  }
}
