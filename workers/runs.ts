import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Runs } from '../activities/reconcile.js'

/** Runs as Temporal knows them, by workflow id and first execution. */
export const temporalRuns = (client: Client): Runs => ({
  async state(workflowId, runId) {
    try {
      const { status } = await client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: runId }).describe()
      return status.name === 'RUNNING' ? 'open' : 'over'
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'unknown'
      throw error
    }
  },
})
