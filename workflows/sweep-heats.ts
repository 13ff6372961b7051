import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow'
import type { Quote, SweepInput } from '../contracts/index.js'
import type { Contender } from './contender.js'
import { plainMessage } from './errors.js'
import { inLanes } from './lanes.js'
import type { TrainingReport } from './messages.js'
import { train } from './stages.js'
import { SharedBudget } from './sweep-budget.js'
import { Race } from './sweep-race.js'

/** The trainings of a sweep: side by side in as many lanes as asked for, each under its part of the one decision, losers stopped on the way. */
export class Heats {
  private readonly race: Race
  private readonly budget: SharedBudget
  private cancelled = false

  constructor(
    private readonly input: SweepInput,
    private readonly quote: Quote,
    /** Of the decision, over all trainings. */
    maxDollars: number,
    private readonly contenders: Contender[],
    private readonly changed: () => void,
  ) {
    this.race = new Race(input.earlyStop)
    const weights = contenders.map((one) => [one.name, one.planned.trainTokens] as const)
    this.budget = new SharedBudget({ dollars: maxDollars, hours: quote.plan.compute.maxHours }, weights)
  }

  /** Returns when every training has ended and its instances are gone; true: none was cancelled from outside. */
  async run(): Promise<boolean> {
    await inLanes(this.contenders, this.input.atOnce, (one) => (this.cancelled ? Promise.resolve() : this.one(one)))
    return !this.cancelled
  }

  /** A training tells how far it is; whoever is clearly behind now is stopped. */
  hear(report: TrainingReport): void {
    const one = this.contenders.find((contender) => contender.run === report.run)
    if (!one) return
    one.attempts = report.attempts
    one.dollars = report.dollars
    if (report.training) {
      one.now = report.training
      this.race.report(one.name, report.training)
      for (const running of this.contenders) this.stopWhenBehind(running)
    }
    this.changed()
  }

  private stopWhenBehind(one: Contender): void {
    if (!one.scope || one.stopped) return
    one.stopped = this.race.verdict(one.name)
    if (one.stopped) one.scope.cancel()
  }

  private async one(contender: Contender): Promise<void> {
    const share = this.budget.open(contender.name)
    contender.maxDollars = share.dollars
    contender.scope = new CancellationScope()
    this.changed()
    try {
      contender.take(await contender.scope.run(() => this.train(contender, share)), this.input.budget.atCap)
    } catch (error) {
      if (!isCancellation(error)) contender.ends('failed', plainMessage(error))
      else if (!contender.stopped) {
        this.cancelled = true
        contender.ends('cancelled', 'cancelled with the sweep')
      }
    }
    if (contender.stopped) contender.ends('stopped-early', behind(contender.stopped))
    contender.scope = null
    this.budget.close(contender.name, contender)
    this.changed()
  }

  private train(contender: Contender, share: { dollars: number; hours: number }): ReturnType<typeof train> {
    const { request, pace } = contender.prepared
    return train(this.input.adapter, {
      run: contender.run,
      workflowId: workflowInfo().workflowId,
      quote: this.quote,
      maxDollars: share.dollars,
      maxHours: share.hours,
      request,
      pace,
    })
  }
}

const behind = ({ share, loss, against, best }: NonNullable<Contender['stopped']>): string =>
  `after ${Math.round(share * 100)} % of its steps its loss was ${loss.toFixed(3)}, that of ${against} ${best.toFixed(3)} at the same point`
