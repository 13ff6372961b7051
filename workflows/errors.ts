import { ApplicationFailure, ActivityFailure, ChildWorkflowFailure, TemporalFailure } from '@temporalio/workflow'
import type { Ending } from '../contracts/index.js'

/** Thrown by a stage that knows how the run ends; everything else that is thrown ends it as `failed`. */
export class RunEnds extends Error {
  constructor(
    readonly ending: Ending,
    reason: string,
  ) {
    super(reason)
    this.name = 'RunEnds'
  }
}

/** The input is not a FineTuneInput; names each wrong field. Nothing was started. */
export const inputRefused = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'InputRefused')

/** The adapter already has an open run; `details` holds its workflow id. */
export const runAlreadyOpen = (adapter: string, workflowId: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `Adapter ${adapter} already has a run: workflow ${workflowId}. Nothing was started. Wait for it, or cancel it, then start again.`,
    'RunAlreadyOpen',
    workflowId,
  )

/** A decision that the gate does not take; the message is for the person who sent it. */
export const decisionRefused = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'DecisionRefused')

/** The innermost message of a failure, without Temporal's wrapping. */
export function plainMessage(error: unknown): string {
  let current = error
  while ((current instanceof ActivityFailure || current instanceof ChildWorkflowFailure) && current.cause) current = current.cause
  return current instanceof Error ? current.message : String(current)
}

/** The ApplicationFailure type at the bottom of a failure, such as `NoCapacity`; undefined when there is none. */
export function failureType(error: unknown): string | undefined {
  let current = error
  while (current instanceof TemporalFailure && !(current instanceof ApplicationFailure)) current = current.cause
  return current instanceof ApplicationFailure ? (current.type ?? undefined) : undefined
}
