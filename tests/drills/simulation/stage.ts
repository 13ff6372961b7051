import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client'
import {
  type FineTuneInputRaw,
  type RunOutcome,
  type RunProgress,
  SWEEP_WORKFLOW_TYPE,
  type SweepInputRaw,
  TASK_QUEUE,
  workflowIdOf,
} from '../../../contracts/index.js'
import type { QuoteNotice } from '../../../activities/types.js'
import type { Bench } from './bench.js'
import { World } from './world.js'

let adapters = 0

/** A world for one test, played on a bench. */
export class Stage {
  private constructor(
    private readonly bench: Bench,
    readonly world: World,
    private readonly activities: object,
  ) {}

  static async open(bench: Bench, prepare: (world: World) => void = () => undefined): Promise<Stage> {
    const clock = bench.clock()
    await clock.sync()
    const world = new World(clock)
    prepare(world)
    const activities = world.activities()
    await bench.play(activities)
    return new Stage(bench, world, activities)
  }

  /** The instances that are still there, which should be none. */
  async left(): Promise<string[]> {
    await this.world.clock.sync()
    return this.world.cloud.running.map((machine) => machine.id)
  }

  nextAdapter(): string {
    return `lora-t${++adapters}`
  }

  /** Starts a run of an adapter of its own, so that tests do not meet. */
  async start(input: FineTuneInputRaw = {}, workflowId?: string): Promise<WorkflowHandle> {
    const adapter = input.adapter ?? this.nextAdapter()
    // A run that outlives its test stays in its own world.
    await this.bench.play(this.activities, adapter)
    return this.bench.client.workflow.start('fineTuneExtraction', {
      workflowId: workflowId ?? workflowIdOf(adapter),
      taskQueue: TASK_QUEUE,
      workflowExecutionTimeout: '7 days',
      args: [{ ...input, adapter }],
    })
  }

  /** Starts a sweep of an adapter of its own. */
  async startSweep(input: SweepInputRaw, workflowId?: string): Promise<WorkflowHandle> {
    const adapter = input.adapter ?? this.nextAdapter()
    return this.bench.client.workflow.start(SWEEP_WORKFLOW_TYPE, {
      workflowId: workflowId ?? workflowIdOf(adapter),
      taskQueue: TASK_QUEUE,
      workflowExecutionTimeout: '7 days',
      args: [{ ...input, adapter }],
    })
  }

  handle(workflowId: string): WorkflowHandle {
    return this.bench.client.workflow.getHandle(workflowId)
  }

  handleOf(notice: QuoteNotice): WorkflowHandle {
    return this.handle(notice.workflowId)
  }

  /** The person who approves by signal as soon as asked. */
  approveAll(maxDollars?: number): void {
    this.world.onQuote = (notice) =>
      this.handleOf(notice).signal('approveSpend', {
        quoteDigest: notice.quote.digest,
        planDigest: notice.quote.planDigest,
        approver: 'ann',
        maxDollars,
      })
  }
}

export const outcome = (handle: WorkflowHandle): Promise<RunOutcome> => handle.result()
export const progressOf = (handle: WorkflowHandle): Promise<RunProgress> => handle.query('progress')
/** The error that a run ended with; throws when it ended well. */
export const failure = (handle: WorkflowHandle): Promise<WorkflowFailedError> =>
  handle.result().then(
    () => Promise.reject(new Error('expected a failure')),
    (error) => error,
  )
