import { fileURLToPath } from 'node:url'
import { Context } from '@temporalio/activity'
import { Client } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { type Clock, systemClock } from '../../../activities/ports/clock.js'
import { workflowBundle } from '../../../workers/build-bundle.js'
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../../contracts/index.js'

/** Temporal's IndexedValueType. */
const INDEXED = { Keyword: 2, Double: 4 } as const
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const binary = (name: string): string => here(`../../../.formwright/venv/bin/${name}`)

/** A fresh bundle takes ten seconds of a core; cores are shared. */
export const BENCH_START_MS = 300_000

type Activities = Record<string, (...args: never[]) => unknown>
/** `<kind>/<adapter>` of a run, `<kind>/<adapter>-<run id>` of its children. */
const ADAPTER = /^(?:fine-tune-extraction|train-on-spot|evaluate-variants)\/(.+?)(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/
type ServerKind = 'skipping' | 'local'

/** A Temporal server for tests, with one worker whose activities are those of the worlds that are played just now. */
export class Bench {
  private current: Activities = {}
  /** Worlds of one adapter each, played beside each other. */
  private readonly byAdapter = new Map<string, Activities>()
  private working: Promise<{ worker: Worker; ended: Promise<void> }> | undefined

  private constructor(
    readonly kind: ServerKind,
    readonly env: TestWorkflowEnvironment,
    private readonly code: { codePath: string },
  ) {}

  /** `skipping`: time passes at once while nothing runs; `local`: the real server. */
  static async start(kind: ServerKind, bundle = () => workflowBundle({ entry: here('./workflows/index.ts') })): Promise<Bench> {
    quiet()
    // One after the other: a bundle that is being made takes the core that the server has to start on.
    const code = await bundle()
    return new Bench(kind, await started(kind === 'skipping' ? skipping : local), code)
  }

  get client(): Client {
    return this.env.client
  }

  clock(): Clock & { sync(): Promise<void> } {
    return this.kind === 'skipping' ? new SkippingClock(this.env) : { ...systemClock, sync: async () => undefined }
  }

  /**
   * Makes these the activities of the worker, which is started the first time: a worker costs a second of a core.
   * @param adapter they are for this adapter's run and its children only; else for all that have none of their own
   */
  async play(activities: object, adapter?: string): Promise<void> {
    if (adapter) this.byAdapter.set(adapter, activities as Activities)
    else this.current = activities as Activities
    this.working ??= this.work(Object.keys(activities))
    await this.working
  }

  private async work(names: string[]): Promise<{ worker: Worker; ended: Promise<void> }> {
    const delegates = names.map((name) => [name, (...args: never[]) => this.mine()[name]!(...args)])
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue: TASK_QUEUE,
      workflowBundle: this.code,
      activities: Object.fromEntries(delegates),
      maxHeartbeatThrottleInterval: '500ms',
      stickyQueueScheduleToStartTimeout: '2s',
      shutdownGraceTime: '1s',
      maxCachedWorkflows: 100,
    })
    return { worker, ended: worker.run() }
  }

  /** The world of this adapter is over. */
  forget(adapter: string): void {
    this.byAdapter.delete(adapter)
  }

  private mine(): Activities {
    const adapter = ADAPTER.exec(Context.current().info.workflowExecution?.workflowId ?? '')?.[1]
    return (adapter && this.byAdapter.get(adapter)) || this.current
  }

  /** Lets time pass whenever all runs wait; without it, it does so only while one result is awaited. Answers a client for many runs at once. */
  async skipAlways(): Promise<Client> {
    await this.env.connection.testService!.unlockTimeSkipping({})
    return new Client({ connection: this.env.connection })
  }

  async stop(): Promise<void> {
    const working = await this.working
    working?.worker.shutdown()
    await working?.ended
    await this.env.teardown()
  }
}

function quiet(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: {
        logging: { filter: 'ERROR', forward: {} },
      },
    })
  } catch {
    // Another file of this process has installed it already.
  }
}

/** The SDK gives a server five seconds, which a busy machine does not always have. */
async function started(start: () => Promise<TestWorkflowEnvironment>, tries = 5): Promise<TestWorkflowEnvironment> {
  try {
    return await start()
  } catch (error) {
    if (tries <= 1 || !/did not start within|Failed to connect/.test(String(error))) throw error
    return started(start, tries - 1)
  }
}

async function skipping(): Promise<TestWorkflowEnvironment> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: binary('temporal-test-server') } },
  })
  const searchAttributes = Object.fromEntries(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, INDEXED[type]]))
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes })
  return env
}

const local = (): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binary('temporal') },
      searchAttributes: Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) =>
        defineSearchAttributeKey(name, type === 'Double' ? 'DOUBLE' : 'KEYWORD'),
      ),
    },
  })

/**
 * The server's clock as an activity sees it. Who sleeps in an activity moves this clock alone: the server's time stands
 * while activities run, and catches up with the next timer.
 */
export class SkippingClock implements Clock {
  private ms = 0
  constructor(private readonly env: TestWorkflowEnvironment) {}

  now(): number {
    return this.ms
  }

  async sync(): Promise<void> {
    this.ms = Math.max(this.ms, activityTime() ?? (await this.env.currentTimeMs()))
  }

  async sleep(ms: number): Promise<void> {
    this.ms += ms
  }
}

/** When the running activity was scheduled, which costs no call of the server; undefined outside of one. */
function activityTime(): number | undefined {
  try {
    return Context.current().info.currentAttemptScheduledTimestampMs
  } catch {
    return undefined
  }
}
