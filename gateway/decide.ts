import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client'
import { Decision, type DecisionInput, runNameOf } from '../contracts/index.js'
import { proofOf } from '../contracts/proof.js'

const SECONDS = 20
/** Only a log line waits for it. */
const NAME_SECONDS = 3

export interface ChannelDecision {
  workflowId: string
  quoteDigest: string
  planDigest?: string
  approve: boolean
  maxDollars?: number
  reason?: string
  approver: string
  channel: 'slack' | 'gateway'
}

/** A decision that did not count; `final` when no decision can any more. */
export class DecisionRefused extends Error {
  override name = 'DecisionRefused'
  constructor(
    message: string,
    readonly final: boolean,
  ) {
    super(message)
  }
}

/** Sends a decision of someone whom the gateway knows, with the proof that it does. */
export class Decider {
  constructor(
    private readonly client: Client,
    private readonly key: string,
  ) {}

  /** Name of the run that a workflow is in now; null where Temporal knows none, or does not answer. */
  async runOf(workflowId: string): Promise<string | null> {
    const describe = () => this.client.workflow.getHandle(workflowId).describe()
    const found = await this.client.withDeadline(Date.now() + NAME_SECONDS * 1000, describe).catch(() => undefined)
    return found ? runNameOf(workflowId, found.runId) : null
  }

  /** Answers the decision as the run keeps it. Throws DecisionRefused with the run's own reason. */
  async decide({ workflowId, ...decision }: ChannelDecision): Promise<Decision> {
    const input: DecisionInput = { ...decision, proof: proofOf({ ...decision, maxDollars: decision.maxDollars }, this.key) }
    try {
      const answer = await this.client.withDeadline(Date.now() + SECONDS * 1000, () =>
        this.client.workflow.getHandle(workflowId).executeUpdate<unknown, [DecisionInput]>('decideSpend', { args: [input] }),
      )
      return Decision.parse(answer)
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) {
        const reason = error.cause?.message ?? error.message
        throw new DecisionRefused(reason, /^Already |expired/.test(reason))
      }
      if (error instanceof WorkflowNotFoundError) throw new DecisionRefused('The run has ended: there is nothing to decide any more', true)
      throw error
    }
  }
}
