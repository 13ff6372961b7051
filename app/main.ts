import { serve } from '@hono/node-server'
import type { Logger } from 'pino'
import { observeRequests, serveMetrics } from '../telemetry/http.js'
import { runPart } from '../telemetry/part.js'
import { startTracing } from '../telemetry/tracing.js'
import { FIRST_ACCOUNT } from './account/accounts.js'
import { composeApp } from './compose.js'
import { readConfig } from './config.js'

/** The web app: `node --import tsx app/main.ts`. Ends on SIGTERM or SIGINT. */
async function main(log: Logger): Promise<void> {
  const config = readConfig(process.env)
  const observed = observeRequests('app')
  const running = await composeApp(config, log, observed.middleware)
  if (running.firstPassword)
    log.warn(`The account of this app is ${FIRST_ACCOUNT}, its password ${running.firstPassword} and shown this once`)
  const server = serve({ fetch: running.app.fetch, hostname: config.host, port: config.port }, ({ address, port }) =>
    log.info(`serves http://${address}:${port}`),
  )
  const metrics = serveMetrics(observed.metrics, process.env.FORMWRIGHT_METRICS_PORT)
  const end = async () => {
    await running.close()
    await (await startTracing('app'))?.flush()
    process.exit(0)
  }
  const stop = () => {
    metrics?.close()
    server.close(() => void end())
    if ('closeAllConnections' in server) server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

runPart('app', main)
