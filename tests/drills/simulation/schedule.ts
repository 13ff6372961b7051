import type { Ending, FineTuneInputRaw } from '../../../contracts/index.js'
import type { Fate } from './cloud.js'
import { pick, randomOf } from './random.js'

const DECISIONS = [
  'approve',
  'approve-twice',
  'contradict',
  'reject',
  'wrong-first',
  'too-much-first',
  'less',
  'early',
  'never',
  'late',
] as const

/** What a seed does to a run. */
export interface Schedule {
  seed: number
  decision: (typeof DECISIONS)[number]
  input: FineTuneInputRaw
  fates: Fate[]
  /** Chance that a call of a port fails before or after its effect. */
  faultRate: number
  /** Cancel at this call of a port; never when undefined. */
  cancelAtCall?: number
  /** The price doubles between approval and launch. */
  priceRises: boolean
  deafTerminations: number
  recall: number
}

function fateOf(random: () => number): Fate {
  const fate: Fate = { bootSeconds: 2 + random() * 20, secondsPerStep: 5 + random() * 15 }
  const what = random()
  const when = 10 + random() * 200
  if (what < 0.2) fate.interruptedAfter = when
  else if (what < 0.3) fate.silentAfter = when
  else if (what < 0.35) fate.stuckAfter = when
  else if (what < 0.4) fate.bootSeconds = 1e6
  else if (what < 0.45) fate.programErrorAfter = when
  else if (what < 0.5) fate.secondsPerStep = 200
  return fate
}

/** The same seed gives the same schedule. */
export function scheduleOf(seed: number): Schedule {
  const random = randomOf(seed)
  const cancels = random() < 0.2
  return {
    seed,
    decision: random() < 0.6 ? 'approve' : pick(random, DECISIONS),
    input: {
      preset: 'tiny',
      budget: { maxDollars: random() < 0.2 ? 0.01 : 5, atCap: pick(random, ['use-last-checkpoint', 'end'] as const) },
      compute: { maxAttempts: 1 + Math.floor(random() * 4) },
    },
    fates: Array.from({ length: 5 }, () => fateOf(random)),
    faultRate: pick(random, [0, 0.05, 0.15]),
    cancelAtCall: cancels ? 1 + Math.floor(random() * 80) : undefined,
    priceRises: random() < 0.1,
    deafTerminations: random() < 0.2 ? 3 : 0,
    recall: random() < 0.8 ? 0.8 : 0.2,
  }
}

/** Endings that a schedule can lead to; the first is what happens when nothing else comes between. */
export function allowedEndings(schedule: Schedule): Set<Ending> {
  const allowed = new Set<Ending>()
  const undecided = ['reject', 'never', 'late'].includes(schedule.decision)
  if (schedule.cancelAtCall !== undefined) allowed.add('cancelled')
  if (undecided || schedule.decision === 'contradict') allowed.add('scope-deferred')
  if (!undecided) for (const ending of ['promoted', 'not-promoted', 'failed', 'budget-exhausted'] as const) allowed.add(ending)
  return allowed
}
