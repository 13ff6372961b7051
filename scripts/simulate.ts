import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { addTo, machine } from '../tests/drills/report.js'
import { SEEDS_PER_SERVER, simulate, type Simulation, together } from '../tests/drills/simulation/simulate.js'
import type { Played } from '../tests/drills/simulation/play.js'
import { scheduleOf } from '../tests/drills/simulation/schedule.js'
import { headCommit } from './head-commit.js'
import { Refused, runCommand } from './platform-env.js'

const count = (simulation: Simulation): string =>
  Object.entries(simulation.endings)
    .sort()
    .map(([ending, n]) => `${n} ${ending}`)
    .join(', ')

function tell(played: Played, verbose: boolean): void {
  if (verbose) console.log(JSON.stringify(played))
  if (played.wrong.length > 0) console.log(`seed ${played.seed}: ${played.wrong.join('; ')}\n  ${JSON.stringify(scheduleOf(played.seed))}`)
}

async function save(part: Simulation, file: string): Promise<void> {
  const origin = { at: new Date().toISOString().slice(0, 16), commit: await headCommit(), machine: machine() }
  await addTo(file, (report) => report.simulation.push({ ...origin, ...part }))
}

async function main(): Promise<number> {
  const flags = new Command('npm run simulate --')
    .description('Plays seeded schedules of faults against the workflows on a time-skipping server and checks the invariants.')
    .option('--runs <n>', 'schedules', '200')
    .option('--seed <n>', 'the first seed', '1')
    .option('--at-once <n>', 'schedules beside each other', '12')
    .option('--verbose', 'a line of JSON for each seed', false)
    .option('--save [file]', 'add the campaign to the report and render its page')
    .option('--json', 'the summary as JSON', false)
    .addHelpText('after', '\nThe last line is the summary. Exit status 0 only if no schedule violated an invariant.')
    .parse()
    .opts<{ runs: string; seed: string; atOnce: string; verbose: boolean; json: boolean; save?: true | string }>()
  const [runs, seed, atOnce] = [Number(flags.runs), Number(flags.seed), Number(flags.atOnce)]
  if (![runs, seed, atOnce].every((n) => Number.isInteger(n) && n > 0))
    throw new Refused('Expected `--runs`, `--seed` and `--at-once` to be whole numbers above 0', 2)
  const parts: Simulation[] = []
  // One server after the other: what is done is saved when a later one is cut off.
  for (let done = 0; done < runs; done += SEEDS_PER_SERVER) {
    const part = await simulate({ seed: seed + done, runs: Math.min(SEEDS_PER_SERVER, runs - done), atOnce }, (played) =>
      tell(played, flags.verbose),
    )
    parts.push(part)
    if (flags.save) await save(part, flags.save === true ? 'docs/drills.json' : flags.save)
  }
  const simulation = together(parts)
  console.log(
    flags.json
      ? JSON.stringify(simulation)
      : `${simulation.runs} schedules from seed ${seed} in ${simulation.seconds} s (${simulation.cpuSeconds} s of a core in this process): ${count(simulation)}; ${simulation.violations.length} violated an invariant`,
  )
  return simulation.violations.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
