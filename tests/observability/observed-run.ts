import { createServer } from 'node:net'
import { Client, type ClientInterceptors } from '@temporalio/client'
import { Runtime, Worker } from '@temporalio/worker'
import type { EvaluateInput, RunOutcome } from '../../contracts/index.js'
import { TASK_QUEUE, workflowIdOf } from '../../contracts/index.js'
import { complete } from '../../extraction/inference-client.js'
import { createLog } from '../../telemetry/logs.js'
import { clientInterceptors } from '../../telemetry/temporal-client.js'
import { startTracing } from '../../telemetry/tracing.js'
import { workflowBundle } from '../../workers/build-bundle.js'
import { observing } from '../../workers/telemetry/index.js'
import { runtimeOptions } from '../../workers/telemetry/runtime.js'
import { Bench } from '../drills/simulation/bench.js'
import { World } from '../drills/simulation/world.js'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  await new Promise((closed) => server.close(closed))
  return port
}

/** When the phases of each instance began, as instances write it. */
const PHASES = ['booting', 'fetching', 'preparing', 'training', 'uploading', 'done'].map((state, i) => ({
  state,
  at: new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString(),
}))
const store = { get: async () => ({ bytes: Buffer.from(JSON.stringify({ phases: PHASES })) }) }

const CANDIDATE = { variant: 'extraction/lora-v1', variantDigest: 'c'.repeat(64), role: 'candidate', provider: 'inference', model: 'c' }

export interface Observed {
  outcome: RunOutcome
  /** The worker's log. */
  lines: string[]
  metricsUrl: string
  client: Client
  stop(): Promise<void>
}

/**
 * A run through the real workflows with everything that makes a worker observable, over the drills' simulated world;
 * its evaluation also asks the inference service at `inferenceUrl`.
 */
export async function observedRun(collectorUrl: string, inferenceUrl: string): Promise<Observed> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }
  const lines: string[] = []
  const log = createLog('worker', { write: (line) => void lines.push(line) })
  const metricsPort = await freePort()
  Runtime.install(runtimeOptions(log, String(metricsPort)))
  const tracing = await startTracing('worker', env)
  const code = await workflowBundle({ traced: true })
  const bench = await Bench.start('skipping', async () => code)
  const world = new World(bench.clock())
  const activities = world.activities() as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  let fails = true
  let evaluated: EvaluateInput | undefined
  const worker = await Worker.create({
    connection: bench.env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: code,
    activities: {
      ...activities,
      planEvaluation: async (input: EvaluateInput) => {
        evaluated = input
        return { fixtures: [{ id: 'form', digest: 'f'.repeat(64), fields: 1 }], variants: [CANDIDATE] }
      },
      evaluateCase: async () => {
        await complete({ model: 'lora-v1', prompt: ['x'], max_tokens: 8, temperature: 0 }, { url: inferenceUrl })
        return {}
      },
      // The world judges; what was asked above is only watched.
      summariseEvaluation: () => activities.simulateEvaluation!(evaluated),
      reconcile: async () => {
        if (!fails) return []
        fails = false
        throw new Error('EC2 is away')
      },
    },
    ...(await observing(log, store as never, tracing)),
  })
  const running = worker.run()
  const client = await observedClient(bench, await clientInterceptors('cli', env))
  world.onQuote = ({ workflowId, quote }) =>
    client.workflow
      .getHandle(workflowId)
      .signal('approveSpend', { quoteDigest: quote.digest, planDigest: quote.planDigest, approver: 'ann' })
  const args = [{ preset: 'tiny' as const, adapter: 'lora-v1' }]
  const outcome = await client.workflow.execute('fineTuneExtraction', { workflowId: workflowIdOf('lora-v1'), taskQueue: TASK_QUEUE, args })
  await client.workflow.execute('reconcileInstances', { workflowId: 'reconcile', taskQueue: TASK_QUEUE })
  const stop = async (): Promise<void> => {
    worker.shutdown()
    await running
    await bench.stop()
  }
  return { outcome: outcome as RunOutcome, lines, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, client, stop }
}

const observedClient = async (bench: Bench, interceptors: ClientInterceptors): Promise<Client> =>
  new Client({ connection: bench.env.connection, interceptors })
