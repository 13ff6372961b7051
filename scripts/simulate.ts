import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { Bench } from '../tests/drills/simulation/bench.js'
import { play, type Played } from '../tests/drills/simulation/play.js'
import { runCommand } from './platform-env.js'

/** Seeds on one server: its memory grows with the workflows that it has seen. */
const SEEDS_PER_SERVER = 250

/** Plays seeds one after the other; calls `each` with every one. */
export async function simulate(first: number, count: number, each: (played: Played) => void): Promise<void> {
  for (let done = 0; done < count; done += SEEDS_PER_SERVER) {
    const bench = await Bench.start('skipping')
    try {
      for (let seed = first + done; seed < first + Math.min(count, done + SEEDS_PER_SERVER); seed++) each(await play(bench, seed))
    } finally {
      await bench.stop()
    }
  }
}

async function main(): Promise<number> {
  const flags = new Command('npm run simulate --')
    .description('Plays seeded schedules of faults against the workflows on a time-skipping server and checks the invariants.')
    .option('--runs <n>', 'schedules', '200')
    .option('--seed <n>', 'the first seed', '1')
    .option('--verbose', 'a line for each seed', false)
    .parse()
    .opts<{ runs: string; seed: string; verbose: boolean }>()
  const endings = new Map<string, number>()
  const failed: Played[] = []
  const began = Date.now()
  await simulate(Number(flags.seed), Number(flags.runs), (played) => {
    endings.set(played.ended, (endings.get(played.ended) ?? 0) + 1)
    if (flags.verbose) console.log(`${played.seed} ${played.ended} ${played.attempts} attempts ${played.calls} calls`)
    if (played.wrong.length > 0) {
      failed.push(played)
      console.log(`seed ${played.seed}: ${played.wrong.join('; ')}\n  ${JSON.stringify(played.schedule)}`)
    }
  })
  const ends = [...endings].sort().map(([ending, count]) => `${count} ${ending}`)
  console.log(
    `${flags.runs} schedules from seed ${flags.seed} in ${Math.round((Date.now() - began) / 1000)} s: ${ends.join(', ')}; ${failed.length} violated an invariant`,
  )
  return failed.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
