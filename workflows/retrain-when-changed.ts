import { ParentClosePolicy, proxyActivities, startChild, workflowInfo } from '@temporalio/workflow'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import type { RetrainActivities } from '../activities/retrain.js'
import { FineTuneInput, type RunOutcome, workflowIdOf } from '../contracts/index.js'
import { inputRefused } from './errors.js'
import { copying } from './proxies.js'
import { adapterAttribute } from './search-attributes.js'

const { trainedOn } = proxyActivities<RetrainActivities>({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 10 } })

export interface RetrainOutcome {
  started: boolean
  reason: string
}

/**
 * Starts a run when the dataset of a preset has another digest than the live adapter was trained on. The run asks for
 * its money as any other; nothing is spent by this workflow. For a Schedule, which is paused until a person turns it on.
 */
export async function retrainWhenChanged(raw: unknown = {}): Promise<RetrainOutcome> {
  const parsed = FineTuneInput.safeParse(raw)
  if (!parsed.success)
    throw inputRefused(`Wrong input: ${parsed.error.issues.map((i) => `${i.path.join('.') || 'input'}: ${i.message}`).join('; ')}`)
  const input = parsed.data
  const dataset = await copying.curateDataset.executeWithOptions({ summary: `The ${input.preset} dataset as it is now` }, [
    { run: `retrain-${workflowInfo().runId}`, preset: input.preset },
  ])
  const known = await trainedOn.executeWithOptions({ summary: 'The dataset of what is live' }, [input.adapter])
  if (known === dataset.digest)
    return { started: false, reason: `${input.adapter} was trained on dataset ${dataset.digest.slice(0, 12)} already` }
  try {
    await startChild<(input: FineTuneInput) => Promise<RunOutcome>>('fineTuneExtraction', {
      workflowId: workflowIdOf(input.adapter),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Retrain ${input.adapter}: its dataset has changed`,
      typedSearchAttributes: adapterAttribute(input.adapter),
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    return { started: false, reason: `${input.adapter} has a run already` }
  }
  return { started: true, reason: `dataset ${dataset.digest.slice(0, 12)} instead of ${known?.slice(0, 12) ?? 'none'}` }
}
