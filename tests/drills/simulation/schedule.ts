import type { Pace } from '../../../activities/types.js'
import type { Ending, FineTuneInputRaw } from '../../../contracts/index.js'
import type { Fate } from './cloud.js'
import { pick, randomOf } from './random.js'
import { SIMULATED_PACE } from './world.js'

/** What people send when they are asked; a word before a dash is what comes first. */
export const DECISIONS = [
  'approve',
  'approve-twice',
  'approve-reject',
  'reject-approve',
  'reject',
  'wrong-first',
  'too-much-first',
  'stranger-first',
  'garbage-first',
  'less',
  'early',
  'never',
  'late',
] as const
type DecisionKind = (typeof DECISIONS)[number]

/** What a seed does to a run. */
export interface Schedule {
  seed: number
  decision: DecisionKind
  /** By Update, whose caller hears of a refusal, or by signal. */
  by: 'update' | 'signal'
  input: FineTuneInputRaw
  fates: Fate[]
  /** Chance that a fault strikes a call of a port. */
  faultRate: number
  /** Cancel at this call of a port; never when undefined. */
  cancelAtCall?: number
  /** The price doubles between approval and launch. */
  priceRises: boolean
  /** The first types of the quote cannot be had. */
  withoutCapacity: number
  deafTerminations: number
  /** Questions after which EC2 tells of a new instance. */
  hiddenFor: number
  recall: number
}

/** Seconds between two looks, which is what an instance's life is counted in. */
export const SECONDS_PER_LOOK = 60
/** Few looks, since they are what a schedule costs. */
export const SCHEDULE_PACE: Pace = { ...SIMULATED_PACE, restSeconds: SECONDS_PER_LOOK, bootSeconds: 150, stuckSeconds: 210 }

function fateOf(random: () => number): Fate {
  const fate: Fate = { bootSeconds: 2 + random() * 50, secondsPerStep: 2 + random() * 6 }
  const what = random()
  const when = 10 + random() * 120
  if (what < 0.2) fate.interruptedAfter = when
  else if (what < 0.3) fate.silentAfter = when
  else if (what < 0.34) fate.stuckAfter = when
  else if (what < 0.39) fate.bootSeconds = 1e6
  else if (what < 0.44) fate.programErrorAfter = when
  else if (what < 0.5) fate.secondsPerStep = 60
  return fate
}

/** The same seed gives the same schedule. */
export function scheduleOf(seed: number): Schedule {
  const random = randomOf(seed)
  const cancels = random() < 0.25
  const decision = random() < 0.5 ? 'approve' : pick(random, DECISIONS)
  const small = random() < 0.25
  return {
    seed,
    decision,
    by: random() < 0.5 ? 'update' : 'signal',
    input: {
      preset: 'tiny',
      budget: { maxDollars: small ? 0.01 : 5, atCap: pick(random, ['use-last-checkpoint', 'end'] as const) },
      compute: { maxAttempts: 1 + Math.floor(random() * 4) },
      approval: {
        approvers: decision === 'stranger-first' ? ['ann', 'bob'] : [],
        assurance: random() < 0.3 ? 'verified' : 'claimed',
      },
    },
    fates: Array.from({ length: 5 }, () => fateOf(random)),
    faultRate: pick(random, [0, 0.05, 0.15]),
    cancelAtCall: cancels ? 1 + Math.floor(random() * 70) : undefined,
    priceRises: random() < 0.1,
    withoutCapacity: random() < 0.2 ? 1 + Math.floor(random() * 3) : 0,
    deafTerminations: random() < 0.2 ? 3 : 0,
    hiddenFor: random() < 0.5 ? 0 : 1 + Math.floor(random() * 2),
    recall: random() < 0.8 ? 0.8 : 0.2,
  }
}

/** The decision that must stand in the end: 'none' when no valid one comes in time. */
export function decisionOf({ decision }: Pick<Schedule, 'decision'>): 'ann' | 'bob' | 'none' {
  if (decision === 'never' || decision === 'late') return 'none'
  return decision === 'reject' || decision === 'reject-approve' ? 'bob' : 'ann'
}

/** Everything that a schedule can lead to. */
export function allowedEndings(schedule: Schedule): Set<Ending> {
  const allowed = new Set<Ending>()
  if (schedule.cancelAtCall !== undefined) allowed.add('cancelled')
  if (decisionOf(schedule) !== 'ann') return allowed.add('scope-deferred')
  const poor = schedule.input.budget!.maxDollars! < 1
  // Half of a small budget buys nothing at twice the price: no valid decision, and the quote expires.
  if (poor && schedule.priceRises && schedule.decision === 'less') allowed.add('scope-deferred')
  allowed.add(schedule.recall > 0.5 ? 'promoted' : 'not-promoted')
  if (poor) allowed.add('budget-exhausted')
  if (canFail(schedule)) allowed.add('failed')
  return allowed
}

/** Without faults of the ports a run fails only when the program does, or when every approved attempt comes to nothing. */
function canFail(schedule: Schedule): boolean {
  const attempts = schedule.input.compute!.maxAttempts!
  const launched = schedule.fates.slice(0, Math.max(0, attempts - schedule.withoutCapacity))
  const bad = (fate: Fate): boolean => fate.bootSeconds > 1e5 || [fate.interruptedAfter, fate.silentAfter, fate.stuckAfter].some(Boolean)
  return schedule.faultRate > 0 || launched.some((fate) => fate.programErrorAfter !== undefined) || launched.every(bad)
}
