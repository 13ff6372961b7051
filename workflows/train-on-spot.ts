import { continueAsNew, setHandler } from '@temporalio/workflow'
import { trainingProgress } from './messages.js'
import { Training, type TrainOnSpotInput, type TrainOnSpotResult } from './training.js'

/**
 * Trains on spot instances until a result, the cap, the program's own error, or the approved number of attempts.
 * However it leaves (cancelled too), every instance it launched has been described as terminated.
 */
export async function trainOnSpot(input: TrainOnSpotInput): Promise<TrainOnSpotResult> {
  const training = new Training(input)
  setHandler(trainingProgress, () => training.report())
  for (;;) {
    const left = training.book.open ? null : await training.nextLaunch()
    if (left) return left
    const seen = await training.runAttempt()
    if (seen === 'continue-as-new') return continueAsNew<typeof trainOnSpot>({ ...input, resume: training.handOver() })
    const over = training.judge(seen)
    if (over) return over
  }
}
