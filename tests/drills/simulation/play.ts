import { setTimeout as sleep } from 'node:timers/promises'
import {
  CancelledFailure,
  type Client,
  TimeoutFailure,
  type WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { type Ending, type RunProgress, TASK_QUEUE, workflowIdOf } from '../../../contracts/index.js'
import type { Bench } from './bench.js'
import { Faults } from './faults.js'
import { violations } from './invariants.js'
import { People } from './people.js'
import { SCHEDULE_PACE, type Schedule, scheduleOf, SECONDS_PER_LOOK } from './schedule.js'
import { World } from './world.js'

export interface Played {
  seed: number
  ended: Ending | 'hung'
  /** How each attempt ended. */
  attempts: string[]
  calls: number
  /** Faults that struck, by kind. */
  struck: Record<string, number>
  wrong: string[]
}

/** A slow answer, in real time: the server's stands still meanwhile. */
const SLOW_MS = 20
/** Real milliseconds after which a run counts as hung; one takes a second or two. */
const HUNG_MS = 60_000

/**
 * Plays one seed: a run in a world of its own, with everything that its schedule does to it. Many may be played at once on one bench.
 * @param givenUp gives it up, as one that hung
 */
export async function play(bench: Bench, client: Client, seed: number, givenUp?: AbortSignal): Promise<Played> {
  const schedule = scheduleOf(seed)
  const adapter = `lora-s${seed}`
  const handle = client.workflow.getHandle(workflowIdOf(adapter))
  const world = await worldOf(bench, schedule)
  const onCall = async (call: number): Promise<void> => {
    if (call !== schedule.cancelAtCall) return
    faults.calm = true
    await cancelAndSettle(client, handle)
  }
  const faults: Faults = new Faults(seed, schedule.faultRate, onCall, () => sleep(SLOW_MS))
  const people = new People(client, world, schedule)
  world.onQuote = people.answer
  world.onActivity = () => {
    faults.calm = false
  }
  world.onCommit = ({ quote }) => (quote ? people.late({ workflowId: handle.workflowId, quote, assurance: 'claimed' }) : undefined)
  await bench.play(world.activities(faults.wrap), adapter)
  try {
    await client.workflow.start('fineTuneExtraction', {
      workflowId: handle.workflowId,
      taskQueue: TASK_QUEUE,
      args: [{ ...schedule.input, adapter }],
    })
    if (schedule.decision === 'early') await handle.signal('approveSpend', { quoteDigest: 'e'.repeat(64), approver: 'early' })
    const result = endingOf(client, handle)
    const waited = new AbortController()
    const ended = await Promise.race([result, hung(AbortSignal.any([waited.signal, ...(givenUp ? [givenUp] : [])]))])
    waited.abort()
    // What waits for it must not outlive the server's connection.
    if (ended === 'hung') {
      await handle.terminate('it hung').catch(unlessClosed)
      await result
    }
    const refused = ended === 'hung' ? 0 : await refusals(handle, schedule, people)
    await world.clock.sync()
    const wrong = ended === 'hung' ? ['hung'] : violations({ schedule, world, ended, refused, people })
    const attempts = world.commits[0]?.attempts.map((attempt) => attempt.ending) ?? []
    return { seed, ended, attempts, calls: faults.calls, struck: faults.struck, wrong }
  } finally {
    bench.forget(adapter)
  }
}

async function worldOf(bench: Bench, schedule: Schedule): Promise<World> {
  const world = new World(bench.clock())
  await world.clock.sync()
  world.recall = schedule.recall
  world.pace = SCHEDULE_PACE
  const { cloud } = world
  cloud.fates = schedule.fates
  cloud.deafTerminations = schedule.deafTerminations
  cloud.hiddenFor = schedule.hiddenFor
  cloud.secondsPerLook = SECONDS_PER_LOOK
  cloud.withoutCapacity = schedule.withoutCapacity
  return world
}

/** Refused decisions that the run shows, where any was sent. */
async function refusals(handle: WorkflowHandle, schedule: Schedule, people: People): Promise<number> {
  if (people.refusals === 0 && schedule.decision !== 'early') return 0
  return (await handle.query<RunProgress>('progress')).refusedDecisions.length
}

/** A run that the server timed out is closed already. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error
}

async function endingOf(client: Client, run: WorkflowHandle): Promise<Ending | 'hung'> {
  try {
    return (await run.result()).ending
  } catch (error) {
    const { cause } = error as WorkflowFailedError
    // No schedule gives a run a timeout. The server's own, after ten years, comes when nothing is left that it waits for.
    if (cause instanceof TimeoutFailure && (await wasForgotten(client, run))) return 'hung'
    return cause instanceof CancelledFailure ? 'cancelled' : 'failed'
  }
}

const ACTIVITY_CANCEL_REQUESTED = 15
const CANCEL_REQUESTED = 20
const TASK_COMPLETED = 7
const CHILD_STARTED = 31

/**
 * Cancels and waits until run and training have taken note: the test server refuses the cancellation of an activity
 * that ends at the same moment, which the real one does not. Nor may that activity fail afterwards: the test server
 * then forgets it. `workflows/terminated.test.ts` does that on the real server.
 */
async function cancelAndSettle(client: Client, run: WorkflowHandle): Promise<void> {
  await run.cancel()
  const { events } = await settled(run)
  const training = trainingOf(client, events)
  if (training) await settled(training)
}

type Events = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']

function trainingOf(client: Client, events: Events): WorkflowHandle | undefined {
  const started = events?.findLast((event) => event.eventType === CHILD_STARTED)?.childWorkflowExecutionStartedEventAttributes
  const id = started?.workflowExecution?.workflowId
  return id ? client.workflow.getHandle(id) : undefined
}

/** Whether the server was asked to cancel an activity of the run or its training, and never wrote how it ended: see {@link cancelAndSettle}. */
async function wasForgotten(client: Client, run: WorkflowHandle): Promise<boolean> {
  const { events } = await run.fetchHistory()
  const training = await trainingOf(client, events)?.fetchHistory()
  return [events, training?.events].some((all) => {
    const asked = all?.filter((event) => event.eventType === ACTIVITY_CANCEL_REQUESTED) ?? []
    return asked.some(({ activityTaskCancelRequestedEventAttributes: request }) => {
      const ended = all?.some((event) => String(endedActivity(event)) === String(request?.scheduledEventId))
      return !ended
    })
  })
}

/** The event that scheduled the activity whose end this event tells. */
const endedActivity = (event: NonNullable<Events>[number]): unknown =>
  (
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes
  )?.scheduledEventId

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

/** After {@link HUNG_MS}, or when the run is given up. */
const hung = (givenUp: AbortSignal): Promise<'hung'> =>
  sleep(HUNG_MS, 'hung' as const, { ref: false, signal: givenUp }).catch(() => 'hung' as const)
