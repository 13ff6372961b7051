import {
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import type { Pace, PreparedRun, Sighting, Watched } from '../activities/types.js'
import type { Attempt, Quote, TrainResult } from '../contracts/index.js'
import { AttemptBook, type BookState, settleSeconds } from './attempt-book.js'
import { attemptDetails } from './details.js'
import { failureType, plainMessage } from './errors.js'
import { trainingReport, type TrainingReport } from './messages.js'
import { ending, launching, telling, watching } from './proxies.js'

export interface TrainOnSpotInput {
  run: string
  /** Workflow id of the run, for tags and notices. */
  workflowId: string
  quote: Quote
  /** The approved maximum over all attempts; of a sweep's decision this training's part. */
  maxDollars: number
  /** Instance hours over all attempts; absent: those of the plan. */
  maxHours?: number
  request: PreparedRun['request']
  pace: Pace
  /** Set by continue-as-new. */
  resume?: { book: BookState; watched: Watched | null; stopping: boolean }
}

export interface TrainOnSpotResult {
  /** `capped`: stopped at the money or hours cap, with what was reached; `gave-up`: all attempts used. */
  ending: 'done' | 'capped' | 'gave-up' | 'program-error'
  result: TrainResult | null
  attempts: Attempt[]
  dollars: number
  reason: string
}

/** Events after which the history is handed over to a new one. */
const MAX_EVENTS = 2000

/** How an attempt ended. */
type Seen = { ending: Attempt['ending']; result: TrainResult | null; reason: string }

/** The attempts of one training: launched, watched, terminated, paid. */
export class Training {
  readonly book: AttemptBook
  private watched: Watched | null
  private stopping: boolean
  private lastReason = 'no attempt was made'
  private lastTold = -1

  constructor(private readonly input: TrainOnSpotInput) {
    this.book = new AttemptBook(input.quote, input.maxDollars, input.pace.graceSeconds, input.resume?.book, input.maxHours)
    this.watched = input.resume?.watched ?? null
    this.stopping = input.resume?.stopping ?? false
  }

  handOver(): TrainOnSpotInput['resume'] {
    return { book: this.book.state, watched: this.watched, stopping: this.stopping }
  }

  report(): TrainingReport {
    const beat = this.watched?.heartbeat
    const training = beat ? { step: beat.step, steps: beat.steps, loss: beat.loss, secondsLeft: beat.secondsLeft } : null
    return { run: this.input.run, attempts: this.book.attempts, dollars: this.book.dollars(Date.now()), training }
  }

  /** Waits the back-off and opens the next attempt, or says why there is none. */
  async nextLaunch(): Promise<TrainOnSpotResult | null> {
    const { plan } = this.input.quote
    const made = this.book.attempts.length
    if (made >= plan.compute.maxAttempts)
      return this.result('gave-up', null, `All ${made} approved attempts are used; the last: ${this.lastReason}`)
    const offer = this.book.nextOffer()
    if (this.book.msLeft(offer.spotDollarsPerHour, Date.now()) < this.input.pace.graceSeconds * 1000)
      return this.result(
        'capped',
        null,
        `The rest of the approved $${this.input.maxDollars} or hours buys no further attempt. Checkpoints so far are kept at ${this.input.request.output}checkpoints/`,
      )
    if (made > 0) {
      const pause = Math.min(600, this.input.pace.backoffSeconds * 2 ** (made - 1))
      await sleep(pause * 1000, { summary: `Back-off before attempt ${made + 1} on ${offer.instanceType} in ${offer.zone}` })
    }
    this.watched = null
    this.book.begin(offer, Date.now())
    return null
  }

  /** Launches and watches the open attempt. Whatever happens, it is terminated before this returns, unless the history is handed over. */
  async runAttempt(): Promise<Seen | 'continue-as-new'> {
    const attempt = this.book.open!
    let seen: Seen | 'continue-as-new' = { ending: 'cancelled', result: null, reason: 'cancelled' }
    try {
      if (!attempt.instanceId) await this.launch(attempt)
      seen = await this.watch(attempt)
    } catch (error) {
      if (isCancellation(error)) throw error
      // What fails after it was asked to stop is told as its failure, not as the cancellation.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`Cancelled; meanwhile: ${plainMessage(error)}`)
      seen = launchFailure(error)
    } finally {
      if (seen !== 'continue-as-new') await this.close(attempt, seen)
    }
    return seen
  }

  private async launch(attempt: Attempt): Promise<void> {
    const { quote, workflowId, request } = this.input
    const left = this.book.msLeft(attempt.dollarsPerHour, Date.now())
    const deadline = new Date(Date.now() + left + this.input.pace.graceSeconds * 1000).toISOString()
    await this.tell()
    const launched = await launching.launchInstance.executeWithOptions(
      { summary: `Launch attempt ${attempt.number}: ${attempt.instanceType} in ${attempt.zone}` },
      [
        {
          workflowId,
          request: { ...request, attempt: attempt.number, deadline },
          region: quote.plan.compute.region,
          instanceType: attempt.instanceType,
          zone: attempt.zone,
          maxDollarsPerHour: attempt.dollarsPerHour,
        },
      ],
    )
    attempt.instanceId = launched.instanceId
    await this.tell()
  }

  private async watch(attempt: Attempt): Promise<Seen | 'continue-as-new'> {
    return CancellationScope.cancellable(async () => {
      const budget = new CancellationScope()
      const money = { capped: this.stopping, graceOver: false }
      budget.run(() => this.keepBudget(attempt, money)).catch(() => undefined)
      try {
        return await this.look(attempt, money)
      } finally {
        budget.cancel()
      }
    })
  }

  private async look(attempt: Attempt, money: { capped: boolean; graceOver: boolean }): Promise<Seen | 'continue-as-new'> {
    for (;;) {
      if (workflowInfo().historyLength > MAX_EVENTS || workflowInfo().continueAsNewSuggested) return 'continue-as-new'
      if (money.graceOver)
        return { ending: 'capped', result: null, reason: 'the cap was reached; the instance wrote no result within its grace time' }
      const stopping = this.stopping
      const stopNow = (): boolean => money.graceOver || (money.capped && !stopping)
      const sighting = await unless(stopNow, () => this.watchOnce(attempt))
      if (!sighting) {
        this.stopping = money.capped
        continue
      }
      const over = await this.take(sighting)
      if (over) return over
      const rest = this.input.pace.restSeconds * 1000
      if (rest > 0) await unless(stopNow, () => sleep(rest, { summary: 'Between two looks' }))
    }
  }

  private watchOnce(attempt: Attempt): Promise<Sighting> {
    const { run, quote, request, pace } = this.input
    return watching.watchAttempt.executeWithOptions(
      { summary: this.stopping ? 'Last checkpoint, then the result' : `Watch attempt ${attempt.number}` },
      [
        {
          attempt: { run, attempt: attempt.number, region: quote.plan.compute.region, instanceId: attempt.instanceId },
          output: request.output,
          stop: this.stopping ? 'finish' : 'no',
          since: this.watched,
          launchedAt: Date.parse(attempt.startedAt),
          pace,
        },
      ],
    )
  }

  private async take(sighting: Sighting): Promise<Seen | null> {
    this.watched = sighting.watched
    setCurrentDetails(attemptDetails(this.input, this.report()))
    if (sighting.kind === 'progress') {
      await this.tellTwentieth()
      return null
    }
    if (sighting.kind === 'done') return { ending: this.stopping ? 'capped' : 'done', result: sighting.result, reason: 'trained' }
    return { ending: sighting.kind === 'program-error' ? 'failed' : sighting.kind, result: null, reason: sighting.reason }
  }

  /** Durable timers over dollars and hours: a notice at 80 %, the order to stop at the cap, the end of patience after it. */
  private async keepBudget(attempt: Attempt, money: { capped: boolean; graceOver: boolean }): Promise<void> {
    const price = attempt.dollarsPerHour
    if (!money.capped) {
      if (!this.book.noticed) {
        await sleep(Math.max(1, this.book.msLeft(price, Date.now(), 0.8)), { summary: '80 % of the approved dollars or hours' })
        this.book.noticed = true
        const text = `80 % of the approved $${this.input.maxDollars} (or of the hours) is used: $${this.book.dollars(Date.now()).toFixed(4)} so far.`
        await telling.notifyRun({ kind: 'budget', run: this.input.run, workflowId: this.input.workflowId, text }).catch(() => undefined)
      }
      await sleep(Math.max(1, this.book.msLeft(price, Date.now())), { summary: 'The approved dollars or hours' })
      money.capped = true
    }
    await sleep(this.input.pace.graceSeconds * 1000, { summary: 'Grace for the last checkpoint' })
    money.graceOver = true
  }

  /** Ends the attempt's instance and waits until EC2 says so, even when the run is being cancelled. */
  private async close(attempt: Attempt, seen: Seen): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      const report = await ending.terminateInstances.executeWithOptions(
        { summary: `Terminate attempt ${attempt.number} and see it gone` },
        [
          {
            run: this.input.run,
            attempt: attempt.number,
            regions: [this.input.quote.plan.compute.region],
            instanceId: attempt.instanceId,
            settleSeconds: settleSeconds([attempt], this.input.pace),
          },
        ],
      )
      this.lastReason = seen.reason
      this.book.end(attempt, seen.ending, Date.now(), attempt.instanceId !== null || report.terminated.length > 0)
      await this.tell()
    })
  }

  /** What the end of an attempt means for the training; null: try again. */
  judge(seen: Seen): TrainOnSpotResult | null {
    if (seen.ending === 'done') return this.result('done', seen.result, 'trained')
    if (seen.ending === 'failed') return this.result('program-error', null, seen.reason)
    if (seen.ending !== 'capped' && !this.stopping) return null
    return this.result('capped', seen.result, seen.result ? 'stopped at the cap with what was reached' : seen.reason)
  }

  private result(how: TrainOnSpotResult['ending'], result: TrainResult | null, reason: string): TrainOnSpotResult {
    return { ending: how, result, attempts: this.book.attempts, dollars: this.book.dollars(Date.now()), reason }
  }

  private async tellTwentieth(): Promise<void> {
    const beat = this.watched?.heartbeat
    const twentieth = beat && beat.steps > 0 ? Math.floor((beat.step / beat.steps) * 20) : -1
    if (twentieth <= this.lastTold) return
    this.lastTold = twentieth
    await this.tell()
  }

  /** The run may be gone already: then nobody is left to be told. */
  private async tell(): Promise<void> {
    setCurrentDetails(attemptDetails(this.input, this.report()))
    const parent = workflowInfo().parent
    if (!parent) return
    await getExternalWorkflowHandle(parent.workflowId, parent.runId)
      .signal(trainingReport, this.report())
      .catch((error: unknown) => {
        if (isCancellation(error)) throw error
      })
  }
}

/** Awaits `work`; when `stop` comes true first, the work is cancelled and the answer is null. */
async function unless<T>(stop: () => boolean, work: () => Promise<T>): Promise<T | null> {
  const scope = new CancellationScope()
  const first = await scope.run(() => Promise.race([work(), condition(stop).then(() => null)]))
  scope.cancel()
  return first
}

/** What a failed launch means: no capacity is tried elsewhere; anything else counts as a lost boot. */
function launchFailure(error: unknown): Seen {
  const type = failureType(error)
  const known = type === 'NoCapacity' || type === 'PriceRisen'
  return { ending: known ? 'no-capacity' : 'lost', result: null, reason: plainMessage(error) }
}
