import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import type { AuthoredForm } from '../contracts/index.js'
import { trainForms } from '../data/fine-tuning/extraction/corpus.js'
import { DATA_DIR } from '../data/fine-tuning/extraction/curate.js'
import { loadForms, loadSplit } from '../data/fine-tuning/extraction/load.js'

const BEGIN = '<!-- counts: npm run dataset:card -->'
const END = '<!-- /counts -->'

const labelsOf = (form: AuthoredForm): string[] =>
  form.sections.flatMap((s) => s.fields.flatMap((f) => ('table' in f ? f.table.columns.map((c) => c.label) : [f.label])))

/** The card's table: forms, families and distinct labels by kind of agency business. */
export async function countsTable(dir: string = DATA_DIR): Promise<string> {
  const held = new Set((await loadSplit(dir)).eval)
  const hand = await loadForms(join(dir, 'forms'))
  const composed = (await trainForms(dir)).filter((f) => f.origin === 'composed')
  const kinds = [...new Set([...hand, ...composed].map((f) => f.kind))].sort()
  const row = (name: string, pick: (f: AuthoredForm) => boolean) => {
    const [own, held_, made] = [
      hand.filter((f) => pick(f) && !held.has(f.family)),
      hand.filter((f) => pick(f) && held.has(f.family)),
      composed.filter(pick),
    ]
    const labels = new Set([...own, ...held_, ...made].flatMap(labelsOf))
    return `| ${name} | ${own.length} | ${held_.length} | ${made.length} | ${labels.size} |`
  }
  const head = ['| kind | hand-written, train | hand-written, held out | composed | distinct labels |', '|---|---:|---:|---:|---:|']
  return [...head, ...kinds.map((kind) => row(kind, (f) => f.kind === kind)), row('**all**', () => true)].join('\n')
}

/** The card with its counts replaced. */
export function withCounts(card: string, table: string): string {
  const [from, to] = [card.indexOf(BEGIN), card.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`Expected the card to have a part between ${BEGIN} and ${END}.`)
  return `${card.slice(0, from + BEGIN.length)}\n${table}\n${card.slice(to)}`
}

export const CARD = join(DATA_DIR, 'README.md')

if (import.meta.url === `file://${process.argv[1]}`) {
  new Command('dataset-card').description('Count the authored forms and write the counts into the dataset card').parse()
  await writeFile(`${CARD}.next`, withCounts(await readFile(CARD, 'utf8'), await countsTable()))
  await rename(`${CARD}.next`, CARD)
}
