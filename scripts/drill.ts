import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import pLimit from 'p-limit'
import { drill, type Drilled, faultsOf, strayAdapters } from '../tests/drills/embedded/drill.js'
import { openSetting } from '../tests/drills/embedded/setting.js'
import { addTo, machine } from '../tests/drills/report.js'
import { headCommit } from './head-commit.js'
import { Refused, runCommand } from './platform-env.js'

interface Flags {
  runs: string
  seed: string
  seeds?: string
  atOnce: string
  list: boolean
  json: boolean
  save?: true | string
}

const namesOf = (seed: number): string =>
  faultsOf(seed)
    .map((fault) => fault.name)
    .join(' + ')

/** One line of a drill. */
const line = (d: Drilled): string =>
  `seed ${d.seed}: ${d.faults.join(' + ')} → ${d.ended}, attempts ${d.attempts.join(', ') || 'none'}, $${d.dollars.toFixed(4)}, ${d.seconds} s${d.wrong.length > 0 ? `  WRONG: ${d.wrong.join('; ')}` : ''}`

/** Plays the seeds on one platform; adapters that no page knows count against the last run. */
async function drills(seeds: number[], atOnce: number, each: (drilled: Drilled) => Promise<void>): Promise<Drilled[]> {
  const setting = await openSetting()
  try {
    const limit = pLimit(atOnce)
    const one = async (seed: number): Promise<Drilled> => {
      const drilled = await drill(setting, seed)
      await each(drilled)
      return drilled
    }
    const done = await Promise.all(seeds.map((seed) => limit(one, seed)))
    const stray = await strayAdapters(setting)
    if (stray.length > 0) done.at(-1)!.wrong.push(`adapters that no page knows: ${stray}`)
    return done
  } finally {
    await setting.close()
  }
}

async function main(): Promise<number> {
  const flags = new Command('npm run drill --')
    .description('Runs the tiny preset on an embedded platform of its own, hurts it by seed, and checks what must hold after each run.')
    .option('--runs <n>', 'runs', '10')
    .option('--seed <n>', 'the first seed', '0')
    .option('--seeds <list>', 'these seeds, such as 4,30, instead of --runs from --seed')
    .option('--at-once <n>', 'runs beside each other, each with an adapter of its own', '1')
    .option('--list', 'only say which faults each seed orders', false)
    .option('--save [file]', 'add each run to the report and render its page')
    .option('--json', 'the summary as JSON', false)
    .addHelpText('after', '\nThe last line is the summary. Exit status 0 only if every run is clean.')
    .parse()
    .opts<Flags>()
  const atOnce = Number(flags.atOnce)
  const seeds = flags.seeds?.split(',').map(Number) ?? Array.from({ length: Number(flags.runs) }, (_, i) => Number(flags.seed) + i)
  if (seeds.length === 0 || !(atOnce > 0) || ![...seeds, atOnce].every((n) => Number.isInteger(n) && n >= 0))
    throw new Refused('Expected `--runs`, `--seed`, `--seeds` and `--at-once` to be whole numbers', 2)
  if (flags.list) {
    for (const seed of seeds) console.log(`seed ${seed}: ${namesOf(seed)}`)
    return 0
  }
  const began = Date.now()
  const minutes = (): number => Math.round((Date.now() - began) / 60_000)
  const origin = { at: new Date().toISOString().slice(0, 16), commit: await headCommit(), machine: machine() }
  const file = flags.save === true ? 'docs/drills.json' : flags.save
  const told: Drilled[] = []
  const done = await drills(seeds, atOnce, async (drilled) => {
    told.push(drilled)
    console.log(line(drilled))
    if (!file) return
    await addTo(file, (report) => {
      report.embedded = [...report.embedded.filter((one) => one.at !== origin.at), { ...origin, minutes: minutes(), runs: told }]
    })
  })
  const unclean = done.filter((drilled) => drilled.wrong.length > 0)
  const dollars = done.reduce((sum, drilled) => sum + drilled.dollars, 0)
  const attempts = done.reduce((sum, drilled) => sum + drilled.attempts.length, 0)
  console.log(
    flags.json
      ? JSON.stringify({ ...origin, minutes: minutes(), runs: done })
      : `${done.length} runs, seeds ${seeds[0]} to ${seeds.at(-1)}, in ${minutes()} min: ${done.length - unclean.length} clean, ${unclean.length} not; ${attempts} attempts, $${dollars.toFixed(4)} accrued`,
  )
  return unclean.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
