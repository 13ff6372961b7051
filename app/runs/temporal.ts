import type { Client, WorkflowExecutionInfo } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { RunProgress, SWEEP_WORKFLOW_TYPE, WORKFLOW_TYPE } from '../../contracts/index.js'

const LIST_SECONDS = 5
const QUERY_SECONDS = 5
const LISTED = 50
const STAGE = defineSearchAttributeKey('FormwrightStage', 'KEYWORD')
const ADAPTER = defineSearchAttributeKey('FormwrightAdapter', 'KEYWORD')
const DOLLARS = defineSearchAttributeKey('FormwrightDollars', 'DOUBLE')
const OUTCOME = defineSearchAttributeKey('FormwrightOutcome', 'KEYWORD')

/** A run as Temporal's visibility shows it. */
export interface ListedRun {
  workflowId: string
  runId: string
  status: string
  startedAt: Date
  endedAt: Date | undefined
  stage: string | undefined
  adapter: string | undefined
  dollars: number | undefined
  outcome: string | undefined
}

type Shown = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'typedSearchAttributes'>

function listed(info: Shown): ListedRun {
  const attributes = info.typedSearchAttributes
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    status: info.status.name.toLowerCase().replaceAll('_', ' '),
    startedAt: info.startTime,
    endedAt: info.closeTime,
    stage: attributes.get(STAGE),
    adapter: attributes.get(ADAPTER),
    dollars: attributes.get(DOLLARS),
    outcome: attributes.get(OUTCOME),
  }
}

/** Runs of fineTuneExtraction, from Temporal. */
export class Runs {
  constructor(
    readonly client: Client,
    readonly ui: string,
    private readonly namespace: string,
  ) {}

  /** Newest first, at most fifty. */
  list(): Promise<ListedRun[]> {
    return this.client.withDeadline(Date.now() + LIST_SECONDS * 1000, async () => {
      const found: ListedRun[] = []
      for await (const info of this.client.workflow.list({
        query: `WorkflowType IN ('${WORKFLOW_TYPE}', '${SWEEP_WORKFLOW_TYPE}')`,
        pageSize: LISTED,
      })) {
        found.push(listed(info))
        if (found.length === LISTED) break
      }
      return found
    })
  }

  describe(workflowId: string, runId: string): Promise<ListedRun> {
    return this.client.withDeadline(Date.now() + LIST_SECONDS * 1000, async () =>
      listed(await this.client.workflow.getHandle(workflowId, runId).describe()),
    )
  }

  /** What the run says of itself. Needs a worker; throws when none answers. */
  progress(workflowId: string, runId: string): Promise<RunProgress> {
    return this.client.withDeadline(Date.now() + QUERY_SECONDS * 1000, async () =>
      RunProgress.parse(await this.client.workflow.getHandle(workflowId, runId).query('progress')),
    )
  }

  /** The run's page in Temporal's Web UI. */
  uiOf(workflowId: string, runId: string): string {
    return `${this.ui}/namespaces/${this.namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`
  }
}
