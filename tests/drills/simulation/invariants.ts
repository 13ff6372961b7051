import { type Ending, TAGS } from '../../../contracts/index.js'
import { attemptDollars } from '../../../workflows/attempt-book.js'
import type { People } from './people.js'
import { allowedEndings, decisionOf, type Schedule } from './schedule.js'
import type { World } from './world.js'

export interface Ended {
  schedule: Schedule
  world: World
  ended: Ending
  /** Refused decisions that the run shows. */
  refused: number
  people: People
}

/** What must hold after any schedule; answers what does not. */
export function violations(after: Ended): string[] {
  const { schedule, world, ended } = after
  const wrong: string[] = []
  const check = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what)
  }
  check(allowedEndings(schedule).has(ended), `ended ${ended}, allowed ${[...allowedEndings(schedule)].join(', ')}`)
  check(world.commits.length === 1, `${world.commits.length} catalog commits`)
  if (world.commits.length === 0) return wrong
  check(world.commits[0]!.ending === ended, `the page says ${world.commits[0]!.ending}, the run ${ended}`)
  decisions(after, check)
  instances(after, check)
  adapters(after, check)
  return wrong
}

/** As long as an instance can stay hidden to a termination. */
const SLEPT_SECONDS = 7

type Check = (holds: boolean, what: string) => void

function decisions({ schedule, world, ended, refused, people }: Ended, check: Check): void {
  const { decision } = world.commits[0]!
  const wanted = decisionOf(schedule)
  if (decision) {
    check(decision.approver === wanted, `decided by ${decision.approver}, not by ${wanted}`)
    check(decision.approved === (wanted === 'ann'), `approved: ${decision.approved}`)
    check(schedule.input.approval!.assurance !== 'verified' || decision.assurance === 'verified', 'a claimed decision on a verified run')
  } else check(ended !== 'promoted' && ended !== 'not-promoted', 'trained without a decision')
  if (ended === 'cancelled') return
  const bySignal = people.refusals + (schedule.decision === 'early' ? 1 : 0)
  if (schedule.by === 'signal') check(refused >= bySignal, `${refused} refusals shown of ${bySignal}`)
  else check(people.heard >= people.refusals - people.unheard, `${people.heard} refusals heard of ${people.refusals - people.unheard}`)
}

function instances({ schedule, world }: Ended, check: Check): void {
  const record = world.commits[0]!
  const { machines } = world.cloud
  check(
    machines.every((machine) => machine.state === 'terminated'),
    'an instance is left',
  )
  const numbers = machines.map((machine) => machine.tags[TAGS.attempt])
  check(new Set(numbers).size === machines.length, 'an attempt has two instances')
  check(new Set(machines.map((machine) => machine.token)).size === machines.length, 'a token used twice')
  check(machines.length === 0 || record.decision?.approved === true, 'a launch without an approval')
  check(record.attempts.length <= schedule.input.compute!.maxAttempts!, `${record.attempts.length} attempts`)
  check(
    numbers.every((number) => record.attempts.some((attempt) => String(attempt.number) === number)),
    'a launch that was not recorded before',
  )
  const billed = machines.reduce(
    (sum, m) =>
      sum +
      attemptDollars({ startedAt: new Date(m.launchedAt).toISOString(), dollarsPerHour: m.paid }, m.stoppedAt ?? Number.POSITIVE_INFINITY),
    0,
  )
  check(billed <= (record.decision?.maxDollars ?? 0) + 1e-9, `$${billed} spent of ${record.decision?.maxDollars}`)
  check(record.dollars <= (record.decision?.maxDollars ?? 0) + 1e-9, `$${record.dollars} booked of ${record.decision?.maxDollars}`)
  // The seconds that an activity sleeps before its order to terminate pass on its own clock, not on the workflow's.
  const slept = machines.reduce((sum, m) => sum + (m.paid / 3600) * SLEPT_SECONDS, 0)
  check(record.dollars >= billed - slept - 1e-6, `$${record.dollars} recorded, $${billed} spent`)
  check(world.notices.filter((text) => text.includes('80 %')).length <= 1 + schedule.faultRate * 100, 'told of 80 % again and again')
}

function adapters({ world, ended }: Ended, check: Check): void {
  const record = world.commits[0]!
  const stored = new Set([...world.store.objects.keys()].filter((key) => key.startsWith('adapters/')).map((key) => key.split('/')[1]))
  check(stored.size <= 1, `${stored.size} adapters`)
  const live = world.inference.aliases.get(record.adapter)?.digest ?? null
  check((live !== null) === (ended === 'promoted'), `live is ${live} after ${ended}`)
  check(
    [...world.inference.loaded].every((digest) => digest === live),
    'a candidate is left loaded',
  )
}
