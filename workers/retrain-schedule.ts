import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import { TASK_QUEUE } from '../contracts/index.js'

export const RETRAINING = 'retrain-when-changed'

/** Makes the retraining Schedule where there is none, paused: it looks at the dataset once a night when a person turns it on. */
export async function ensureRetraining(client: Client): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: RETRAINING,
      spec: { calendars: [{ hour: 3 }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      state: {
        paused: true,
        note: 'Off until turned on: `temporal schedule toggle --unpause --schedule-id retrain-when-changed --reason "…"`',
      },
      action: {
        type: 'startWorkflow',
        workflowType: 'retrainWhenChanged',
        workflowId: RETRAINING,
        taskQueue: TASK_QUEUE,
        args: [{ preset: 'full' }],
        workflowExecutionTimeout: '2 hours',
      },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}
