import { serve } from '@hono/node-server'
import { Client, Connection } from '@temporalio/client'
import type { Logger } from 'pino'
import { z } from 'zod'
import { readSettings } from '../contracts/index.js'
import { temporalAccess } from '../contracts/temporal.js'
import { observeRequests, serveMetrics } from '../telemetry/http.js'
import { runPart } from '../telemetry/part.js'
import { clientInterceptors } from '../telemetry/temporal-client.js'
import { startTracing } from '../telemetry/tracing.js'
import { Decider } from './decide.js'
import { createGateway } from './server.js'

const Listening = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8092),
})

/** The gateway: `node --import tsx gateway/main.ts`. Ends on SIGTERM or SIGINT, after the clicks it has taken. */
async function main(log: Logger): Promise<void> {
  const settings = readSettings(process.env)
  const { HOST, PORT } = Listening.parse({ HOST: process.env.HOST, PORT: process.env.PORT })
  const key = settings.FORMWRIGHT_DECISION_KEY
  if (!key) throw new Error('FORMWRIGHT_DECISION_KEY is not set: without it no decision of this gateway could be proven.')
  const connection = Connection.lazy(temporalAccess(settings))
  const interceptors = await clientInterceptors('gateway')
  const client = new Client({ connection, namespace: settings.FORMWRIGHT_TEMPORAL_NAMESPACE, interceptors })
  const observed = observeRequests('gateway')
  const gateway = createGateway({
    settings,
    decider: new Decider(client, key),
    log,
    observe: observed.middleware,
  })
  const server = serve({ fetch: gateway.app.fetch, hostname: HOST, port: PORT }, ({ address, port }) =>
    log.info(`serves http://${address}:${port}`),
  )
  const metrics = serveMetrics(observed.metrics, process.env.FORMWRIGHT_METRICS_PORT)
  const stop = () => {
    server.close()
    metrics?.close()
    void gateway
      .idle()
      .then(() => connection.close())
      .then(async () => (await startTracing('gateway'))?.flush())
      .then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

runPart('gateway', main)
