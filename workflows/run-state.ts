import { getExternalWorkflowHandle, isCancellation, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { Ending, FineTuneInput, RunProgress, Stage } from '../contracts/index.js'
import { runDetails } from './details.js'
import { runReport } from './messages.js'
import { formwrightAdapter, formwrightDollars, formwrightOutcome, formwrightStage } from './search-attributes.js'

/** What a run shows of itself: the progress query, current details and search attributes, always the same words. */
export class RunState {
  readonly progress: RunProgress
  assurance: 'claimed' | 'verified' = 'claimed'

  constructor(run: string, input: Pick<FineTuneInput, 'adapter' | 'preset'>) {
    this.progress = {
      run,
      adapter: input.adapter,
      preset: input.preset,
      stage: 'curating',
      ending: null,
      waitingFor: null,
      quote: null,
      decision: null,
      refusedDecisions: [],
      attempts: [],
      training: null,
      dollars: 0,
      candidate: null,
      startedAt: workflowInfo().startTime.toISOString(),
    }
  }

  async enter(stage: Stage, waitingFor: string): Promise<void> {
    this.progress.stage = stage
    this.progress.waitingFor = waitingFor
    upsertSearchAttributes([
      { key: formwrightAdapter, value: this.progress.adapter },
      { key: formwrightStage, value: stage },
      { key: formwrightDollars, value: this.progress.dollars },
    ])
    this.show()
    await this.tellParent()
  }

  async finish(ending: Ending): Promise<void> {
    this.progress.ending = ending
    this.progress.waitingFor = null
    upsertSearchAttributes([
      { key: formwrightOutcome, value: ending },
      { key: formwrightDollars, value: this.progress.dollars },
    ])
    this.show()
    await this.tellParent()
  }

  show(): void {
    setCurrentDetails(runDetails(this.progress, this.assurance, workflowInfo().workflowId))
  }

  /** A run that was started under another id has a parent that mirrors it. */
  async tellParent(): Promise<void> {
    const parent = workflowInfo().parent
    if (!parent) return
    await getExternalWorkflowHandle(parent.workflowId, parent.runId)
      .signal(runReport, this.progress)
      .catch((error: unknown) => {
        if (isCancellation(error)) throw error
      })
  }
}
