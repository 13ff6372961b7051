import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import { TASK_QUEUE } from '../contracts/index.js'

export const RECONCILER = 'reconcile-instances'

/** Makes the reconciler's Schedule where there is none; one that a person changed or paused stays as it is. */
export async function ensureReconciler(client: Client, everySeconds: number): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: RECONCILER,
      spec: { intervals: [{ every: everySeconds * 1000 }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: 'reconcileInstances',
        workflowId: RECONCILER,
        taskQueue: TASK_QUEUE,
        workflowExecutionTimeout: '30 minutes',
      },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}
