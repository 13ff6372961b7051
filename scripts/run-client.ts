import {
  ApplicationFailure,
  CancelledFailure,
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { clientInterceptors } from '../telemetry/temporal-client.js'
import { startTracing, type Tracing } from '../telemetry/tracing.js'
import { S3Store } from '../activities/ports/s3.js'
import {
  CatalogCommit,
  type Decision,
  type DecisionInput,
  type Ending,
  FineTuneInput,
  type FineTuneInputRaw,
  Heartbeat,
  MetricsLine,
  readSettings,
  RunOutcome,
  RunProgress,
  type Settings,
  SWEEP_WORKFLOW_TYPE,
  SweepInput,
  type SweepInputRaw,
  TASK_QUEUE,
  WORKFLOW_TYPE,
  workflowIdOf,
} from '../contracts/index.js'
import { temporalAccess } from '../contracts/temporal.js'
import { Refused } from './platform-env.js'

/** How a run ended, for a command. */
export interface Ended {
  run: string
  ending: Ending
  reason: string
  page: string | null
}

/** Temporal and the object store, as the commands need them. */
export class RunClient {
  private constructor(
    readonly settings: Settings,
    private readonly connection: Connection,
    readonly client: Client,
    private readonly store: S3Store,
    private readonly tracing: Tracing | undefined,
  ) {}

  /** @throws Refused when Temporal does not answer */
  static async connect(env: Record<string, string | undefined>): Promise<RunClient> {
    const settings = readSettings(env)
    const access = temporalAccess(settings)
    const connection = await Connection.connect({ ...access, connectTimeout: '10s' }).catch(() => {
      throw new Refused(`Temporal does not answer at ${access.address}. Is the platform running? \`npm start\` starts it.`)
    })
    // The object store's keys reach the SDK through the environment only.
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']) if (env[name]) process.env[name] = env[name]
    const store = new S3Store({
      bucket: settings.FORMWRIGHT_BUCKET,
      region: settings.FORMWRIGHT_REGIONS[0]!,
      endpoint: settings.FORMWRIGHT_S3_ENDPOINT,
    })
    const namespace = settings.FORMWRIGHT_TEMPORAL_NAMESPACE
    const client = new Client({ connection, namespace, interceptors: await clientInterceptors('cli', env) })
    return new RunClient(settings, connection, client, store, await startTracing('cli', env))
  }

  async close(): Promise<void> {
    await this.connection.close()
    await this.tracing?.flush()
  }

  handle(workflowId: string): WorkflowHandle {
    return this.client.workflow.getHandle(workflowId)
  }

  /** Starts a run, or a sweep where there are configurations, or answers the one that the adapter has open, as `attached`. @throws Refused when the input is wrong */
  async start(input: FineTuneInputRaw | SweepInputRaw): Promise<{ handle: WorkflowHandle; attached: boolean }> {
    const [schema, type] = 'configurations' in input ? [SweepInput, SWEEP_WORKFLOW_TYPE] : [FineTuneInput, WORKFLOW_TYPE]
    const parsed = schema.safeParse(input)
    if (!parsed.success)
      throw new Refused(`Wrong input:\n${parsed.error.issues.map((i) => `  ${i.path.join('.') || 'input'}: ${i.message}`).join('\n')}`, 2)
    const workflowId = workflowIdOf(parsed.data.adapter)
    try {
      const handle = await this.client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUE, args: [input] })
      return { handle, attached: false }
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      return { handle: this.handle(workflowId), attached: true }
    }
  }

  /** Progress with the newest heartbeat of the open attempt; null while no worker answers. @throws Refused when there is no such run */
  async progress(handle: WorkflowHandle): Promise<RunProgress | null> {
    const answer = await handle.query('progress').catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError)
        throw new Refused(`There is no run ${handle.workflowId}. \`temporal workflow list\` shows what there is.`)
      return null
    })
    if (answer === null) return null
    const progress = RunProgress.parse(answer)
    const open = progress.attempts.find((attempt) => attempt.ending === 'running')
    const object = open && (await this.store.get(`runs/${progress.run}/attempts/${open.number}/heartbeat.json`).catch(() => null))
    const beat = object ? Heartbeat.safeParse(json(object.bytes)) : undefined
    if (beat?.success)
      progress.training = { step: beat.data.step, steps: beat.data.steps, loss: beat.data.loss, secondsLeft: beat.data.secondsLeft }
    return progress
  }

  /** Loss of each step so far, over all attempts. */
  async losses(run: string, attempts: number): Promise<number[]> {
    const points = new Map<number, number>()
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const object = await this.store.get(`runs/${run}/attempts/${attempt}/metrics.jsonl`).catch(() => null)
      for (const line of object ? Buffer.from(object.bytes).toString('utf8').split('\n') : []) {
        const parsed = MetricsLine.safeParse(json(Buffer.from(line)))
        if (parsed.success) points.set(parsed.data.step, parsed.data.loss)
      }
    }
    return [...points].sort(([a], [b]) => a - b).map(([, loss]) => loss)
  }

  /** Sends a decision. @throws Refused with the gate's reason */
  async decide(handle: WorkflowHandle, decision: DecisionInput): Promise<Decision> {
    try {
      return await handle.executeUpdate<Decision, [DecisionInput]>('decideSpend', { args: [decision] })
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw new Refused(`Refused: ${error.cause?.message ?? error.message}`, 3)
      if (error instanceof WorkflowNotFoundError) throw new Refused(`There is no open run ${handle.workflowId}.`)
      throw error
    }
  }

  /** Waits for the end of a run, whatever it is. */
  async ended(handle: WorkflowHandle): Promise<Ended> {
    try {
      const { run, ending, reason, catalog } = RunOutcome.parse(await handle.result())
      return { run, ending, reason, page: pageOf(catalog) }
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error
      const cause = error.cause
      const catalog = cause instanceof ApplicationFailure ? CatalogCommit.safeParse(cause.details?.[0]) : undefined
      const ending = cause instanceof CancelledFailure ? 'cancelled' : 'failed'
      return {
        run: handle.workflowId,
        ending,
        reason: cause?.message ?? error.message,
        page: catalog?.success ? pageOf(catalog.data) : null,
      }
    }
  }
}

const pageOf = ({ branch, page }: CatalogCommit): string => `${page} on branch ${branch}`

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
