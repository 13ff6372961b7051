import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Fixture } from '../contracts/index.js'
import { pairOf } from '../data/fine-tuning/extraction/pair-of.js'
import { DATA_DIR } from '../data/fine-tuning/extraction/curate.js'
import { loadForms, loadSplit } from '../data/fine-tuning/extraction/load.js'
import { readPairs } from '../data/fine-tuning/extraction/pairs.js'

/** Renders every hand-checked form in its first layout and writes it as a pair (train) or fixture (eval), beside and then renamed. */
async function main(): Promise<void> {
  const options = new Command('make-pairs')
    .description('Write data/fine-tuning/extraction/{pairs,fixtures} from the hand-checked forms')
    .option('--dir <dir>', 'dataset folder', DATA_DIR)
    .option('--seed <n>', 'layout of each form', Number, 1)
    .parse()
    .opts<{ dir: string; seed: number }>()
  const held = new Set((await loadSplit(options.dir)).eval)
  const forms = (await loadForms(join(options.dir, 'forms'))).filter((f) => f.review.state === 'checked')
  const next = { pairs: join(options.dir, 'pairs.next'), fixtures: join(options.dir, 'fixtures.next') }
  for (const dir of Object.values(next)) {
    await rm(dir, { recursive: true, force: true })
    await mkdir(dir, { recursive: true })
  }
  let pairs = 0
  let fixtures = 0
  for (const form of forms) {
    const split = held.has(form.family) ? 'eval' : 'train'
    const { pair, pdf } = await pairOf(form, options.seed, split)
    if (split === 'train') {
      await writeFile(join(next.pairs, `${form.id}.json`), `${JSON.stringify(pair, null, 1)}\n`)
      pairs++
      continue
    }
    const fixture: Fixture = {
      id: form.id,
      pdf: `${form.id}.pdf`,
      pdfDigest: pair.provenance.pdf,
      spec: pair.spec,
      fieldMapping: pair.fieldMapping,
    }
    await writeFile(join(next.fixtures, fixture.pdf), pdf)
    fixtures++
    await writeFile(join(next.fixtures, `${form.id}.json`), `${JSON.stringify(fixture, null, 1)}\n`)
  }
  // Forms that people corrected and reviewed have no source to be made from again.
  const before = await readPairs(join(options.dir, 'pairs')).catch(() => [])
  for (const pair of before.filter(({ provenance }) => provenance.source === 'corrected')) {
    await writeFile(join(next.pairs, `${pair.id}.json`), `${JSON.stringify(pair, null, 1)}\n`)
    pairs++
  }
  for (const [name, dir] of Object.entries(next)) {
    await rm(join(options.dir, name), { recursive: true, force: true })
    await rename(dir, join(options.dir, name))
  }
  process.stdout.write(`${pairs} pairs and ${fixtures} fixtures written to ${options.dir}\n`)
}

await main()
