import type { Ending } from '../../../contracts/index.js'
import { attemptDollars } from '../../../workflows/attempt-book.js'
import { allowedEndings, type Schedule } from './schedule.js'
import type { World } from './world.js'

/** What must hold after any schedule; answers what does not. */
export function violations(schedule: Schedule, world: World, ended: Ending): string[] {
  const wrong: string[] = []
  const check = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what)
  }
  const { machines } = world.cloud
  check(allowedEndings(schedule).has(ended), `ended ${ended}, allowed ${[...allowedEndings(schedule)].join(', ')}`)
  check(world.commits.length === 1, `${world.commits.length} catalog commits`)
  const record = world.commits[0]
  if (!record) return wrong
  check(record.ending === ended, `the page says ${record.ending}, the run ${ended}`)
  check(
    machines.every((machine) => machine.state === 'terminated'),
    'an instance is left',
  )
  const perAttempt = new Set(machines.map((machine) => machine.tags['formwright:attempt']))
  check(perAttempt.size === machines.length, 'an attempt has two instances')
  check(machines.length === 0 || record.decision?.approved === true, 'a launch without an approval')
  check(machines.length <= (schedule.input.compute?.maxAttempts ?? 3), `${machines.length} launches`)
  const billed = machines.reduce(
    (sum, m) => sum + attemptDollars({ startedAt: new Date(m.launchedAt).toISOString(), dollarsPerHour: m.paid }, m.goneAt ?? 0),
    0,
  )
  check(billed <= (record.decision?.maxDollars ?? 0) + 1e-9, `$${billed} spent of ${record.decision?.maxDollars}`)
  check(record.dollars >= billed - 1e-6, `$${record.dollars} recorded, $${billed} spent`)
  const adapters = new Set([...world.store.objects.keys()].filter((key) => key.startsWith('adapters/')).map((key) => key.split('/')[1]))
  check(adapters.size <= 1, `${adapters.size} adapters`)
  const live = world.inference.aliases.get(record.adapter)?.digest ?? null
  check((live !== null) === (ended === 'promoted'), `live is ${live} after ${ended}`)
  check(
    [...world.inference.loaded].every((digest) => digest === live),
    'a candidate is left loaded',
  )
  return wrong
}
