import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { drill, type Drilled, faultsOf } from '../tests/drills/embedded/drill.js'
import { openSetting } from '../tests/drills/embedded/setting.js'
import { Refused, runCommand } from './platform-env.js'

/** One line of a drill. */
const line = (d: Drilled): string =>
  `seed ${d.seed}: ${d.faults.join(' + ')} → ${d.ended}, ${d.attempts} attempts, $${d.dollars.toFixed(4)}, ${d.seconds} s${d.wrong.length > 0 ? `  WRONG: ${d.wrong.join('; ')}` : ''}`

async function main(): Promise<number> {
  const flags = new Command('npm run drill --')
    .description('Runs the tiny preset on an embedded platform of its own, hurts it by seed, and checks what must hold after each run.')
    .option('--runs <n>', 'runs', '10')
    .option('--seed <n>', 'the first seed', '0')
    .option('--list', 'only say which faults each seed orders', false)
    .addHelpText('after', '\nThe last line is the summary. Exit status 0 only if every run is clean.')
    .parse()
    .opts<{ runs: string; seed: string; list: boolean }>()
  const [runs, first] = [Number(flags.runs), Number(flags.seed)]
  if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(first) && first >= 0))
    throw new Refused('Expected `--runs` and `--seed` to be whole numbers', 2)
  const seeds = Array.from({ length: runs }, (_, i) => first + i)
  if (flags.list) {
    for (const seed of seeds)
      console.log(
        `seed ${seed}: ${faultsOf(seed)
          .map((fault) => fault.name)
          .join(' + ')}`,
      )
    return 0
  }
  const began = Date.now()
  const setting = await openSetting()
  const done: Drilled[] = []
  try {
    const losses = {}
    for (const seed of seeds) {
      const drilled = await drill(setting, seed, losses)
      done.push(drilled)
      console.log(line(drilled))
    }
  } finally {
    await setting.close()
  }
  const unclean = done.filter((drilled) => drilled.wrong.length > 0)
  const sum = (of: (d: Drilled) => number): number => done.reduce((total, d) => total + of(d), 0)
  console.log(
    `${done.length} runs from seed ${first} in ${Math.round((Date.now() - began) / 60_000)} min: ${done.length - unclean.length} clean, ${unclean.length} not; ${sum((d) => d.attempts)} attempts, $${sum((d) => d.dollars).toFixed(4)} accrued`,
  )
  return unclean.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
