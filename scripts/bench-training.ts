/**
 * Our trainer beside TRL's SFTTrainer: same model, data, rank, learning rate and cores, rounds interleaved, one process each.
 *
 *   npm run bench:training -- [--rounds 2] [--examples 64] [--epochs 2] [--dataset train.jsonl] [--json]
 *
 * TRL is not among the runtime requirements: `.formwright/venv/bin/pip install -r requirements-bench.in` first.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'

const GOAL = 6
const CONTENDERS = ['ours', 'trl', 'trl-defaults'] as const
type Contender = (typeof CONTENDERS)[number]

const Round = z.object({
  contender: z.enum(CONTENDERS),
  tokensPerSecond: z.number(),
  byEpoch: z.array(z.number()),
  tokens: z.int(),
  seconds: z.number(),
  meanTokens: z.number(),
  loss: z.number(),
  peakMemoryMiB: z.number(),
})
type Round = z.infer<typeof Round>

interface Options {
  rounds: string
  examples: string
  epochs: string
  layers: string
  rank: string
  dataset?: string
  base: string
  python: string
  json?: boolean
}

const options = new Command('bench:training')
  .description("Tokens per second and loss of our trainer beside TRL's SFTTrainer")
  .option('--rounds <n>', 'rounds of each contender', '2')
  .option('--examples <n>', 'examples to train on', '64')
  .option('--epochs <n>', 'passes over them', '2')
  .option('--layers <n>', 'upper layers with LoRA', '18')
  .option('--rank <n>', "LoRA's rank", '32')
  .option('--dataset <file>', "train.jsonl; the quick preset's when absent")
  .option('--base <dir>', 'base model', '.formwright/base/SmolLM2-135M-Instruct')
  .option('--python <file>', 'Python with the requirements and trl', '.formwright/venv/bin/python')
  .option('--json', 'print the result as JSON')
  .parse()
  .opts<Options>()

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** train.jsonl of the quick preset, curated as a run does it. */
function quickDataset(into: string): string {
  const made = execFileSync(process.execPath, ['--import', 'tsx', 'scripts/make-dataset.ts', '--preset', 'quick', '--out', into], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return join(z.object({ dir: z.string() }).parse(JSON.parse(lastLine(made))).dir, 'train.jsonl')
}

function runRound(contender: Contender, dataset: string): Round {
  const { base, examples, epochs, layers, rank, python } = options
  const flags = Object.entries({ dataset, base, examples, epochs, layers, rank }).flatMap(([name, value]) => [`--${name}`, value])
  const done = spawnSync(python, ['-m', 'formwright_training.bench', contender, ...flags], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: 'training:contracts/python', TQDM_DISABLE: '1' },
    maxBuffer: 64 << 20,
  })
  if (done.status === 0) return Round.parse(JSON.parse(lastLine(done.stdout)))
  const why = done.error?.message ?? (done.signal ? `ended by ${done.signal}` : lastLine(done.stderr))
  throw new Error(`The round of ${contender} failed: ${why}\nIs ${python} there, with requirements-bench.in installed?`)
}

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}

function summarise(rounds: Round[]) {
  const rows = CONTENDERS.map((contender) => {
    const own = rounds.filter((round) => round.contender === contender)
    return {
      contender,
      tokensPerSecond: median(own.map((r) => r.tokensPerSecond)),
      firstEpoch: median(own.map((r) => r.byEpoch[0]!)),
      lastEpoch: median(own.map((r) => r.byEpoch.at(-1)!)),
      heldOutLoss: median(own.map((r) => r.loss)),
      peakMemoryMiB: Math.max(...own.map((r) => r.peakMemoryMiB)),
    }
  })
  const [ours, trl, defaults] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]]
  return {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0] },
    setting: { ...options, json: undefined, base: undefined, python: undefined, dataset: undefined },
    rows,
    timesTrl: ours.tokensPerSecond / trl.tokensPerSecond,
    timesTrlDefaults: ours.tokensPerSecond / defaults.tokensPerSecond,
    lossNoWorse: ours.heldOutLoss <= Math.min(trl.heldOutLoss, defaults.heldOutLoss) * 1.02,
    goal: GOAL,
  }
}

function table(result: ReturnType<typeof summarise>): string {
  const head = ['', 'tokens/s', 'first epoch', 'last epoch', 'held-out loss', 'memory MiB']
  const body = result.rows.map((r) => [
    r.contender,
    ...[r.tokensPerSecond, r.firstEpoch, r.lastEpoch].map((x) => x.toFixed(0)),
    r.heldOutLoss.toFixed(4),
    r.peakMemoryMiB.toFixed(0),
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i]!.length)))
  const lines = [head, ...body].map((row) => row.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  '))
  const { machine, timesTrl, timesTrlDefaults, lossNoWorse } = result
  return [
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load?.toFixed(1)}`,
    ...lines,
    `ours / TRL without checkpointing: ${timesTrl.toFixed(2)}, ours / TRL as it comes: ${timesTrlDefaults.toFixed(2)}, goal ${GOAL}`,
    `loss no worse (within 2 %): ${lossNoWorse ? 'yes' : 'no'}`,
  ].join('\n')
}

const work = mkdtempSync(join(tmpdir(), 'bench-training-'))
try {
  const dataset = options.dataset ?? quickDataset(work)
  const rounds: Round[] = []
  for (let n = 1; n <= Number(options.rounds); n++) {
    for (const contender of CONTENDERS) {
      const round = runRound(contender, dataset)
      process.stderr.write(
        `round ${n}: ${contender} ${round.tokensPerSecond.toFixed(0)} tokens/s, held-out loss ${round.loss.toFixed(4)}\n`,
      )
      rounds.push(round)
    }
  }
  const result = summarise(rounds)
  process.stdout.write(`${options.json ? JSON.stringify({ ...result, rounds }, null, 2) : table(result)}\n`)
} catch (error) {
  process.stderr.write(`bench:training: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
