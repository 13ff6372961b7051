import type { CancellationScope } from '@temporalio/workflow'
import type { PreparedRun } from '../activities/types.js'
import type { ContenderRecord, Evaluation, Plan, RunProgress, SweepConfiguration, TrainResult } from '../contracts/index.js'
import type { TrainOnSpotResult } from './training.js'

/** One configuration of a sweep on its way: what it was given, and what has become of it. */
export class Contender {
  ending: ContenderRecord['ending'] = 'not-started'
  reason = 'the sweep ended before'
  stopped: ContenderRecord['stopped'] = null
  maxDollars: number | null = null
  attempts: ContenderRecord['attempts'] = []
  dollars = 0
  /** Where its training is; null while it does not run. */
  now: RunProgress['training'] = null
  training: TrainResult | null = null
  evaluation: Evaluation | null = null
  candidate: string | null = null
  /** Set while it trains: cancelling it ends the training and its instance. */
  scope: CancellationScope | null = null

  constructor(
    readonly configuration: SweepConfiguration,
    readonly run: string,
    readonly prepared: PreparedRun,
  ) {}

  get name(): string {
    return this.configuration.name
  }

  /** Trained, and neither stopped nor given up. */
  get finished(): boolean {
    return this.training !== null && this.stopped === null
  }

  /** Instance hours of the attempts that ran. */
  get hours(): number {
    const ran = this.attempts.filter((attempt) => attempt.endedAt && attempt.dollars > 0)
    return ran.reduce((sum, attempt) => sum + (Date.parse(attempt.endedAt!) - Date.parse(attempt.startedAt)) / 3_600_000, 0)
  }

  /** The end of its training, as the training says it. */
  take(outcome: TrainOnSpotResult, atCap: 'use-last-checkpoint' | 'end'): void {
    this.attempts = outcome.attempts
    this.dollars = outcome.dollars
    const usable = outcome.ending !== 'capped' || atCap === 'use-last-checkpoint'
    this.training = usable ? outcome.result : null
    this.ends(outcome.ending === 'capped' ? 'capped' : 'failed', outcome.reason)
  }

  ends(ending: ContenderRecord['ending'], reason: string): void {
    this.ending = ending
    this.reason = reason
  }

  /** Its line of the plan that is priced. */
  get planned(): NonNullable<Plan['configurations']>[number] {
    const { hyperparameters, initFrom, trainTokens } = this.prepared.plan
    return { name: this.name, hyperparameters, initFrom, trainTokens }
  }

  get shown(): NonNullable<RunProgress['configurations']>[number] {
    const state = this.scope ? (this.stopped ? 'stopping' : 'training') : this.ending
    return {
      name: this.name,
      state,
      step: this.now?.step ?? 0,
      steps: this.now?.steps ?? 0,
      loss: this.now?.loss ?? null,
      dollars: this.dollars,
    }
  }

  record(lossCurve: ContenderRecord['lossCurve']): ContenderRecord {
    const { run, ending, reason, stopped, maxDollars, attempts, dollars, training, candidate, evaluation } = this
    return { ...this.planned, run, ending, reason, stopped, maxDollars, attempts, dollars, training, lossCurve, candidate, evaluation }
  }
}
