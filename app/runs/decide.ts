import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import { Decision, type DecisionInput } from '../../contracts/index.js'
import { proofOf } from '../../contracts/proof.js'

const UPDATE = 'decideSpend'
const SECONDS = 15

export interface OwnDecision {
  workflowId: string
  runId?: string
  quoteDigest: string
  planDigest: string
  approve: boolean
  maxDollars?: number
  reason?: string
  approver: string
}

/** A decision that did not count; the message says why, and that nothing was decided by it. */
export class DecisionRefused extends Error {
  override name = 'DecisionRefused'
}

/** Sends a signed-in person's decision, proven by the app's key. Throws DecisionRefused. */
export async function decide(client: Client, key: string | undefined, own: OwnDecision): Promise<Decision> {
  const { workflowId, runId, planDigest, reason, ...signed } = own
  const decision = { ...signed, channel: 'app' as const }
  const input: DecisionInput = {
    ...decision,
    planDigest,
    ...(reason ? { reason } : {}),
    ...(key ? { proof: proofOf({ ...decision, maxDollars: decision.maxDollars }, key) } : {}),
  }
  try {
    const answer = await client.withDeadline(Date.now() + SECONDS * 1000, () =>
      client.workflow.getHandle(workflowId, runId).executeUpdate<unknown, [DecisionInput]>(UPDATE, { args: [input] }),
    )
    return Decision.parse(answer)
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw new DecisionRefused(error.cause?.message ?? error.message)
    if (error instanceof WorkflowNotFoundError) throw new DecisionRefused('This run has ended: there is nothing to decide any more.')
    throw error
  }
}
