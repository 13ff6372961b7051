import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { Attempt, Decision, DecisionInput, RunProgress } from '../contracts/index.js'

/** Answers a quote; a refusal is an error that says why. */
export const decideSpend = defineUpdate<Decision, [DecisionInput]>('decideSpend')
/** As decideSpend with approve true or false, for the Web UI and the CLI. */
export const approveSpend = defineSignal<[unknown]>('approveSpend')
export const rejectSpend = defineSignal<[unknown]>('rejectSpend')
export const progress = defineQuery<RunProgress>('progress')

/** What trainOnSpot tells its run: at attempts' starts and ends and every twentieth of the way, so that history does not grow with time. */
export interface TrainingReport {
  /** Whose training it is; a sweep has several. */
  run: string
  attempts: Attempt[]
  dollars: number
  training: RunProgress['training']
}
export const trainingReport = defineSignal<[TrainingReport]>('trainingReport')
export const trainingProgress = defineQuery<TrainingReport>('trainingProgress')
/** What a run tells the workflow that started it under another id. */
export const runReport = defineSignal<[RunProgress]>('runReport')
