import { proxyActivities } from '@temporalio/workflow'
import type { EvaluateInput, Evaluation } from '../../../../contracts/index.js'

export { fineTuneExtraction, reconcileInstances, sweepFineTune, trainOnSpot } from '../../../../workflows/index.js'

const { simulateEvaluation } = proxyActivities<{ simulateEvaluation(input: EvaluateInput): Promise<Evaluation> }>({
  startToCloseTimeout: '1 minute',
})

/** In the place of the real evaluation, which has tests of its own. */
export async function evaluateVariants(input: EvaluateInput): Promise<Evaluation> {
  return simulateEvaluation(input)
}
