import {
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  condition,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { type Decision, type DecisionInput, type RunOutcome, type RunProgress, workflowIdOf } from '../contracts/index.js'
import { decisionRefused, runAlreadyOpen } from './errors.js'
import { approveSpend, decideSpend, progress, rejectSpend, runReport } from './messages.js'
import { adapterAttribute, formwrightAdapter, formwrightOutcome, formwrightStage } from './search-attributes.js'

type RunWorkflow = (input: { adapter: string }) => Promise<RunOutcome>

/**
 * A run that was started under another workflow id: it starts the adapter's one run as a child and mirrors it,
 * so that decisions, queries and cancellation work under either id. Refused when that run is open already.
 */
export async function delegateRun(input: { adapter: string }, workflowType = 'fineTuneExtraction'): Promise<RunOutcome> {
  const id = workflowIdOf(input.adapter)
  const mirror = new Mirror(id)
  mirror.listen()
  upsertSearchAttributes([{ key: formwrightAdapter, value: input.adapter }])
  try {
    mirror.child = await startChild<RunWorkflow>(workflowType, {
      workflowId: id,
      args: [input],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `The one run of adapter ${input.adapter}`,
      typedSearchAttributes: adapterAttribute(input.adapter),
    })
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw runAlreadyOpen(input.adapter, id)
    throw error
  }
  return await mirror.child.result().catch((error: unknown) => {
    throw error instanceof ChildWorkflowFailure && error.cause ? error.cause : error
  })
}

class Mirror {
  child: ChildWorkflowHandle<RunWorkflow> | null = null
  private shown: RunProgress | null = null

  constructor(private readonly id: string) {}

  listen(): void {
    setHandler(runReport, (report) => this.take(report))
    setHandler(progress, () => this.current(), { description: 'As of the run, at its last change of stage or decision.' })
    setHandler(approveSpend, (payload) => this.pass((child) => child.signal(approveSpend, payload)))
    setHandler(rejectSpend, (payload) => this.pass((child) => child.signal(rejectSpend, payload)))
    setHandler(
      decideSpend,
      async (_raw: DecisionInput): Promise<Decision> => {
        throw this.elsewhere()
      },
      {
        validator: (_raw: DecisionInput): void => {
          throw this.elsewhere()
        },
      },
    )
  }

  private elsewhere(): Error {
    return decisionRefused(`Send decideSpend to the run itself: workflow ${this.id}`)
  }

  private current(): RunProgress {
    if (!this.shown) throw new Error(`The run ${this.id} has not reported yet`)
    return this.shown
  }

  private async pass(send: (child: ChildWorkflowHandle<RunWorkflow>) => Promise<void>): Promise<void> {
    await condition(() => this.child !== null)
    await send(this.child!).catch(() => undefined)
  }

  private take(report: RunProgress): void {
    this.shown = report
    upsertSearchAttributes([
      { key: formwrightStage, value: report.stage },
      ...(report.ending ? [{ key: formwrightOutcome, value: report.ending }] : []),
    ])
    const offer =
      report.quote && report.stage === 'awaiting-approval' && !report.decision
        ? ' Its details show the quote and the payload to paste; this workflow takes the signals too.'
        : ''
    setCurrentDetails(
      `# ${report.adapter}: ${report.ending ?? report.stage}\nThe run is workflow \`${this.id}\`. **Waits for:** ${report.waitingFor ?? 'nothing'}.${offer}`,
    )
  }
}
