import { createServer } from 'node:http'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Runtime, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { readSettings, TASK_QUEUE } from '../contracts/index.js'
import { temporalAccess } from '../contracts/temporal.js'
import { runPart } from '../telemetry/part.js'
import { startTracing } from '../telemetry/tracing.js'
import { workflowBundle } from './build-bundle.js'
import { ensureRetraining } from './retrain-schedule.js'
import { ensureReconciler } from './schedule.js'
import { observing } from './telemetry/index.js'
import { runtimeOptions } from './telemetry/runtime.js'
import { versioning } from './versioning.js'
import { activitiesOf, storeOf } from './wire.js'

/** The worker: `node --import tsx workers/main.ts`. Ends on SIGTERM or SIGINT when its activities have had time to stop. */
async function main(log: Logger): Promise<void> {
  const settings = readSettings(process.env)
  Runtime.install(runtimeOptions(log, process.env.FORMWRIGHT_METRICS_PORT))
  const tracing = await startTracing('worker')
  const access = temporalAccess(settings)
  const namespace = settings.FORMWRIGHT_TEMPORAL_NAMESPACE
  const client = new Client({ connection: await Connection.connect(access), namespace })
  const worker = await Worker.create({
    connection: await NativeConnection.connect(access),
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle({ traced: tracing !== undefined }),
    activities: activitiesOf(settings, client),
    // A killed activity goes on from its last heartbeat, not from its first.
    maxHeartbeatThrottleInterval: '500ms',
    // A killed worker's sticky queue is given up after this; the default is ten seconds.
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '10s',
    ...versioning(process.env.FORMWRIGHT_WORKER_BUILD),
    ...(await observing(log, storeOf(settings), tracing)),
  })
  await ensureReconciler(client, settings.FORMWRIGHT_PROFILE === 'aws' ? 300 : 60)
  await ensureRetraining(client)
  const health = answerHealth(process.env.FORMWRIGHT_WORKER_HEALTH_PORT, worker)
  await worker.run()
  health?.close()
  await tracing?.flush()
}

/** Listens once the worker polls, where the platform asked for it. */
function answerHealth(port: string | undefined, worker: Worker): { close(): void } | undefined {
  if (!port) return undefined
  const server = createServer((_, answer) => answer.writeHead(worker.getState() === 'RUNNING' ? 200 : 503).end(worker.getState()))
  return server.listen(Number(port), '127.0.0.1')
}

runPart('worker', main)
