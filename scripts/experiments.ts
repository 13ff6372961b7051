import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { type Hyperparameters, type Pair, PRESET_PLANS } from '../contracts/index.js'
import { corpusPairs } from '../data/fine-tuning/extraction/corpus.js'
import { canonicalJson, DATA_DIR, examplesOf, selectPairs } from '../data/fine-tuning/extraction/curate.js'
import { loadForms, loadSplit } from '../data/fine-tuning/extraction/load.js'
import { pairOf } from '../data/fine-tuning/extraction/pair-of.js'
import { readFixtures, readPairs } from '../data/fine-tuning/extraction/pairs.js'

/** What an arm changes against the recipe of the preset `full`. */
interface Arm {
  name: string
  /** Pairs that it trains on; all of them when absent. */
  pairs?: 'hand' | 'composed' | 'hand-one-layout'
  /** Tooltips and field names are left out of training and held-out prompts. */
  noHints?: true
  maxMarkers?: number
  hyperparameters?: Partial<Hyperparameters>
}

const ARMS: Arm[] = [
  { name: 'recipe' },
  { name: 'rank 8', hyperparameters: { rank: 8, alpha: 16 } },
  { name: 'rank 64', hyperparameters: { rank: 64, alpha: 128 } },
  { name: 'upper 7 layers', hyperparameters: { layers: 7 } },
  { name: 'upper 21 layers', hyperparameters: { layers: 21 } },
  { name: 'learning rate 2e-4', hyperparameters: { learningRate: 2e-4 } },
  { name: 'learning rate 2e-3', hyperparameters: { learningRate: 2e-3 } },
  { name: 'windows of 4 markers', maxMarkers: 4 },
  { name: 'windows of 16 markers', maxMarkers: 16 },
  { name: 'no hints', noHints: true },
  { name: 'hand-written forms, one layout', pairs: 'hand-one-layout' },
  { name: 'hand-written forms', pairs: 'hand' },
  { name: 'composed forms', pairs: 'composed' },
]

const Outcome = z.object({
  tokens: z.int(),
  seconds: z.number(),
  /** Nats over all held-out answers. */
  heldOutLoss: z.number(),
  heldOutTokens: z.int(),
})
const Report = z.array(
  Outcome.extend({
    name: z.string(),
    steps: z.int(),
    windows: z.int(),
    markers: z.int(),
    lossPerMarker: z.number(),
    at: z.string(),
    machine: z.string(),
  }),
)

const options = new Command('experiments')
  .description(
    'Trains the base model for a few steps under one changed setting at a time and measures the loss on windows of held-out forms. Arms that the report has are left out.',
  )
  .option('--steps <n>', 'optimizer steps of each arm', '16')
  .option('--held-out-share <n>', 'measure every n-th held-out window', '2')
  .option('--only <names...>', 'arms')
  .option('--list', 'name the arms')
  .option('--out <file>', 'report', 'catalog/experiments/pdf-field-extraction/quality/experiments.json')
  .option('--base <dir>', 'base model', '.formwright/base/SmolLM2-135M-Instruct')
  .option('--python <file>', 'Python with the requirements', '.formwright/venv/bin/python')
  .parse()
  .opts<{ steps: string; heldOutShare: string; only?: string[]; list?: boolean; out: string; base: string; python: string }>()

const withoutHints = (pair: Pair): Pair => ({
  ...pair,
  description: { ...pair.description, markers: pair.description.markers.map(({ hint, ...marker }) => marker) },
})

/** The held-out families' forms, rendered as the corpus is. */
async function heldOutPairs(): Promise<Pair[]> {
  const held = new Set((await loadSplit(DATA_DIR)).eval)
  const forms = (await loadForms(join(DATA_DIR, 'forms'))).filter((form) => held.has(form.family))
  return Promise.all(forms.map(async (form) => (await pairOf(form, 1, 'eval')).pair))
}

const isOf = ({ pairs }: Arm, pair: Pair): boolean => {
  const composed = pair.id.startsWith('composed-')
  if (pairs === 'composed') return composed
  if (pairs === 'hand') return !composed
  return pairs === undefined || (!composed && pair.id.endsWith('.1'))
}

const markersIn = (answers: { answer: string }[]): number => answers.reduce((n, { answer }) => n + answer.split('\n').length - 1, 0)

async function measure(arm: Arm, train: Pair[], held: Pair[], work: string): Promise<z.infer<typeof Report>[number]> {
  const rows = (pairs: Pair[]) => pairs.flatMap((pair) => examplesOf(arm.noHints ? withoutHints(pair) : pair, arm.maxMarkers))
  const write = async (name: string, examples: unknown[]): Promise<string> => {
    const file = join(work, name)
    await writeFile(file, examples.map((example) => `${canonicalJson(example)}\n`).join(''))
    return file
  }
  const heldOut = rows(held).filter((_, i) => i % Number(options.heldOutShare) === 0)
  const examples = rows(train.filter((pair) => isOf(arm, pair)))
  // As many epochs as the steps ask for: arms with little data see it several times.
  const hyperparameters = { ...PRESET_PLANS.full.hyperparameters, epochs: 50, maxSteps: Number(options.steps), ...arm.hyperparameters }
  const args = ['-m', 'formwright_training.experiment', '--base', options.base, '--hyperparameters', JSON.stringify(hyperparameters)]
  args.push('--dataset', await write('train.jsonl', examples), '--held-out', await write('held-out.jsonl', heldOut))
  const printed = execFileSync(options.python, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONPATH: 'training:contracts/python' },
  })
  const outcome = Outcome.parse(JSON.parse(printed.trim().split('\n').at(-1)!))
  const markers = markersIn(heldOut)
  return {
    name: arm.name,
    steps: Number(options.steps),
    windows: examples.length,
    markers,
    lossPerMarker: outcome.heldOutLoss / markers,
    ...outcome,
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]!.toFixed(0)}`,
  }
}

const report = Report.parse(JSON.parse(await readFile(options.out, 'utf8').catch(() => '[]')))
const wanted = ARMS.filter(({ name }) => !options.only || options.only.includes(name))
if (options.list) process.stdout.write(`${ARMS.map(({ name }) => name).join('\n')}\n`)
else {
  const committed = selectPairs(await readPairs(join(DATA_DIR, 'pairs')), await readFixtures(join(DATA_DIR, 'fixtures')))
  const [train, held] = [[...committed, ...(await corpusPairs(DATA_DIR, committed))], await heldOutPairs()]
  for (const arm of wanted) {
    if (report.some((done) => done.name === arm.name && done.steps === Number(options.steps))) continue
    const work = mkdtempSync(join(tmpdir(), 'experiment-'))
    try {
      const measured = await measure(arm, train, held, work)
      report.push(measured)
      await writeFile(options.out, `${JSON.stringify(report, null, 1)}\n`)
      process.stdout.write(
        `${arm.name}: ${measured.lossPerMarker.toFixed(4)} nats a marker, ${(measured.tokens / measured.seconds).toFixed(0)} tokens/s\n`,
      )
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }
}
