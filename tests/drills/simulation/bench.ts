import { fileURLToPath } from 'node:url'
import type { Client } from '@temporalio/client'
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
type ServerKind = 'skipping' | 'local'

/** A Temporal server for tests, with one worker whose activities are those of the world that is played just now. */
export class Bench {
  private current: Activities = {}
  private worker: Worker | undefined
  private running: Promise<void> | undefined

  private constructor(
    readonly kind: ServerKind,
    readonly env: TestWorkflowEnvironment,
    private readonly code: { codePath: string },
  ) {}

  /** `skipping`: time passes at once while nothing runs; `local`: the real server. */
  static async start(kind: ServerKind, bundle = () => workflowBundle({ entry: here('./workflows.ts') })): Promise<Bench> {
    quiet()
    const env = kind === 'skipping' ? skipping() : local()
    const [server, code] = await Promise.all([env, bundle()])
    return new Bench(kind, server, code)
  }

  get client(): Client {
    return this.env.client
  }

  clock(): Clock & { sync(): Promise<void> } {
    return this.kind === 'skipping' ? new SkippingClock(this.env) : { ...systemClock, sync: async () => undefined }
  }

  /** Makes these the activities of the worker, which is started the first time: a worker costs a second of a core. */
  async play(activities: object): Promise<void> {
    this.current = activities as Activities
    if (this.worker) return
    const delegates = Object.keys(activities).map((name) => [name, (...args: never[]) => this.current[name]!(...args)])
    this.worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue: TASK_QUEUE,
      workflowBundle: this.code,
      activities: Object.fromEntries(delegates),
      maxHeartbeatThrottleInterval: '500ms',
      stickyQueueScheduleToStartTimeout: '2s',
      shutdownGraceTime: '1s',
    })
    this.running = this.worker.run()
  }

  async stop(): Promise<void> {
    this.worker?.shutdown()
    await this.running
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

/** The server's clock, moved on by whoever sleeps. */
export class SkippingClock implements Clock {
  private ms = Date.now()
  constructor(private readonly env: TestWorkflowEnvironment) {}

  now(): number {
    return this.ms
  }

  async sync(): Promise<void> {
    this.ms = Math.max(this.ms, await this.env.currentTimeMs())
  }

  async sleep(ms: number): Promise<void> {
    await this.env.sleep(ms)
    await this.sync()
  }
}
