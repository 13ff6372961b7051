import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  condition,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  workflowInfo,
} from '@temporalio/workflow'
import type { z } from 'zod'
import type { CatalogCommit, EvaluateInput, Evaluation, RunRecord } from '../contracts/index.js'
import { inputRefused, plainMessage, RunEnds } from './errors.js'
import { telling } from './proxies.js'
import type { RunState } from './run-state.js'
import { adapterAttribute } from './search-attributes.js'
import type { trainOnSpot } from './train-on-spot.js'
import type { TrainOnSpotInput, TrainOnSpotResult } from './training.js'

/** What a run and a sweep have in common: their children, and how they end. */

export type Ended = Pick<RunRecord, 'ending' | 'reason'>
type EvaluateVariants = (input: EvaluateInput) => Promise<Evaluation>

/** The input with its defaults. @throws InputRefused that names each wrong field */
export function parseInput<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  throw inputRefused(`Wrong input: ${parsed.error.issues.map((i) => `${i.path.join('.') || 'input'}: ${i.message}`).join('; ')}`)
}

/** Cancelled with their parent, and never left behind by it. */
const bound = (adapter: string) => ({
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  typedSearchAttributes: adapterAttribute(adapter),
})

export const train = (adapter: string, input: TrainOnSpotInput): Promise<TrainOnSpotResult> =>
  executeChild<typeof trainOnSpot>('trainOnSpot', {
    ...bound(adapter),
    workflowId: `train-on-spot/${input.run}`,
    args: [input],
    staticSummary: `Train ${input.run} on spot instances, $${input.maxDollars} at most`,
  })

export const evaluate = (input: EvaluateInput): Promise<Evaluation> =>
  executeChild<EvaluateVariants>('evaluateVariants', {
    ...bound(input.adapter),
    workflowId: `evaluate-variants/${input.run}`,
    args: [input],
    staticSummary: `Evaluate ${input.candidate.slice(0, 12)} against the other variants`,
  })

/** What an error that a stage threw means for the ending. */
export function endingOf(error: unknown): Ended {
  if (error instanceof RunEnds) return { ending: error.ending, reason: error.message }
  // What fails after it was asked to stop is told as its failure, not as the cancellation.
  if (isCancellation(error) || CancellationScope.current().consideredCancelled)
    return { ending: 'cancelled', reason: 'Cancelled by a person' }
  return { ending: 'failed', reason: plainMessage(error) }
}

/** The last words, once the page is committed: attributes, a notice, and the failure of a run that failed or was cancelled. */
export async function conclude(state: RunState, ended: Ended, dollars: number, catalog: CatalogCommit): Promise<void> {
  const { adapter, run } = state.progress
  await state.finish(ended.ending)
  const page = `${catalog.page} on branch ${catalog.branch}`
  const text = `${adapter}: ${ended.ending}. ${ended.reason}. $${dollars.toFixed(4)} spent; page ${page}.`
  await telling.notifyRun({ kind: 'ended', run, workflowId: workflowInfo().workflowId, text }).catch(() => undefined)
  await condition(allHandlersFinished)
  if (ended.ending === 'failed') throw ApplicationFailure.nonRetryable(`${ended.reason}. The page is ${page}.`, 'RunFailed', catalog)
  if (ended.ending === 'cancelled') throw new CancelledFailure(`Cancelled. The page is ${page}.`)
}
