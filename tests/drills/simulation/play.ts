import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledFailure, type WorkflowFailedError, type WorkflowHandle } from '@temporalio/client'
import { type Ending, type RunOutcome, TASK_QUEUE, workflowIdOf } from '../../../contracts/index.js'
import type { QuoteNotice } from '../../../activities/types.js'
import type { Bench } from './bench.js'
import { Faults } from './faults.js'
import { violations } from './invariants.js'
import { type Schedule, scheduleOf } from './schedule.js'
import { World } from './world.js'

export interface Played {
  seed: number
  schedule: Schedule
  ended: Ending | 'hung'
  attempts: number
  calls: number
  wrong: string[]
}

/** Real milliseconds after which a run counts as hung. */
const HUNG_MS = 600_000

/** Plays one seed: a run in a world of its own, with everything that its schedule does to it. */
export async function play(bench: Bench, seed: number): Promise<Played> {
  const schedule = scheduleOf(seed)
  const clock = bench.clock()
  await clock.sync()
  const world = new World(clock)
  world.recall = schedule.recall
  world.cloud.fates = schedule.fates
  world.cloud.deafTerminations = schedule.deafTerminations
  const adapter = `lora-s${seed}`
  const handle = bench.client.workflow.getHandle(workflowIdOf(adapter))
  const faults = new Faults(seed, schedule.faultRate, async (call) => {
    if (call === schedule.cancelAtCall) await cancelAndSettle(bench, handle)
  })
  world.onQuote = (notice) => decide(bench, world, schedule, notice)
  await bench.play(world.activities(faults.wrap))
  await bench.client.workflow.start('fineTuneExtraction', {
    workflowId: workflowIdOf(adapter),
    taskQueue: TASK_QUEUE,
    workflowExecutionTimeout: '7 days',
    args: [{ ...schedule.input, adapter }],
  })
  if (schedule.decision === 'early') await handle.signal('approveSpend', { quoteDigest: 'e'.repeat(64), approver: 'early' })
  const ended = await Promise.race([endingOf(handle.result(), world), hung()])
  const wrong = ended === 'hung' ? ['hung'] : violations(schedule, world, ended)
  return { seed, schedule, ended, attempts: world.commits[0]?.attempts.length ?? 0, calls: faults.calls, wrong }
}

async function endingOf(result: Promise<RunOutcome>, world: World): Promise<Ending> {
  try {
    return (await result).ending
  } catch (error) {
    await world.clock.sync()
    return (error as WorkflowFailedError).cause instanceof CancelledFailure ? 'cancelled' : 'failed'
  }
}

const CANCEL_REQUESTED = 20
const TASK_COMPLETED = 7
const CHILD_STARTED = 31

/**
 * Cancels and waits until run and training have taken note: the test server refuses the cancellation of an activity
 * that ends at the same moment, which the real one does not.
 */
async function cancelAndSettle(bench: Bench, run: WorkflowHandle): Promise<void> {
  await run.cancel()
  const { events } = await settled(run)
  const child = events?.findLast((event) => event.eventType === CHILD_STARTED)?.childWorkflowExecutionStartedEventAttributes
    ?.workflowExecution?.workflowId
  if (child) await settled(bench.client.workflow.getHandle(child))
}

/** The history, once a workflow task has been completed after the cancellation, or the workflow is closed. */
async function settled(handle: WorkflowHandle): ReturnType<WorkflowHandle['fetchHistory']> {
  for (;;) {
    const history = await handle.fetchHistory()
    const types = (history.events ?? []).map((event) => event.eventType)
    const asked = types.lastIndexOf(CANCEL_REQUESTED)
    if (asked >= 0 && types.slice(asked).includes(TASK_COMPLETED)) return history
    if ((await handle.describe()).status.name !== 'RUNNING') return history
    await sleep(20)
  }
}

const hung = (): Promise<'hung'> => new Promise((resolve) => setTimeout(resolve, HUNG_MS, 'hung').unref())

/** The people: what they send when they are asked. Signals arrive in this order. */
async function decide(bench: Bench, world: World, schedule: Schedule, { workflowId, quote }: QuoteNotice): Promise<void> {
  const handle = bench.client.workflow.getHandle(workflowId)
  const yes = { quoteDigest: quote.digest, planDigest: quote.planDigest, approver: 'ann' }
  const approve = (more: object = {}): Promise<void> => handle.signal('approveSpend', { ...yes, ...more })
  const reject = (): Promise<void> => handle.signal('rejectSpend', { ...yes, approver: 'bob' })
  if (schedule.priceRises && world.cloud.prices[0]!.dollarsPerHour < 0.05) {
    world.cloud.prices = world.cloud.prices.map((price) => ({ ...price, dollarsPerHour: price.dollarsPerHour * 2 }))
  }
  if (schedule.decision === 'never') return
  if (schedule.decision === 'late')
    return world.clock.sleep(Date.parse(quote.expiresAt) - world.clock.now() + 1000).then(() => approve().catch(() => undefined))
  if (schedule.decision === 'reject') return reject()
  if (schedule.decision === 'contradict') return schedule.seed % 2 ? approve().then(reject) : reject().then(() => approve())
  if (schedule.decision === 'wrong-first') await approve({ quoteDigest: 'f'.repeat(64) })
  if (schedule.decision === 'too-much-first') await approve({ maxDollars: quote.maxDollars * 10 })
  await approve(schedule.decision === 'less' ? { maxDollars: quote.maxDollars / 2 } : {})
  if (schedule.decision === 'approve-twice') await approve()
}
