import { createServer } from 'node:http'
import { context, propagation } from '@opentelemetry/api'
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { Metrics, processMetrics } from './metrics.js'
import { traced } from './tracing.js'
import { currentWork, workFor, workOfBaggage } from './work.js'

const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const

/** Metrics of a web part, and the middleware that counts its requests, gives each a span, and its lines the run and stage of the caller. */
export function observeRequests(part: string): { metrics: Metrics; middleware: MiddlewareHandler } {
  const metrics = new Metrics()
  processMetrics(metrics)
  const requests = metrics.counter('formwright_requests_total', 'Requests by route and status')
  const seconds = metrics.histogram('formwright_request_seconds', 'Time from a request to its answer’s headers', BOUNDS)
  const answer: MiddlewareHandler = (c, next) =>
    context.with(propagation.extract(context.active(), c.req.header()), () =>
      traced(`${part} ${c.req.method}`, { 'http.request.method': c.req.method }, async (span) => {
        const began = performance.now()
        await next()
        const route = routePath(c, -1)
        span.updateName(`${c.req.method} ${route}`)
        const { run, stage } = currentWork()
        const whom = { ...(run ? { 'formwright.run': run } : {}), ...(stage ? { 'formwright.stage': stage } : {}) }
        span.setAttributes({ 'http.route': route, 'http.response.status_code': c.res.status, ...whom })
        requests.add({ route, status: String(c.res.status) })
        seconds.observe((performance.now() - began) / 1000, { route })
      }),
    )
  const middleware: MiddlewareHandler = (c, next) => workFor(workOfBaggage(c.req.header('baggage')), () => answer(c, next))
  return { metrics, middleware }
}

/** Serves metrics on a port of their own on loopback, so that no proxy in front of the part can show them. Off without a port. */
export function serveMetrics(metrics: Metrics, port: string | undefined): { close(): void } | undefined {
  if (!port) return undefined
  const server = createServer((asked, answer) => {
    if (asked.url !== '/metrics') return answer.writeHead(404).end()
    return answer.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metrics.text())
  })
  server.listen(Number(port), '127.0.0.1')
  return server
}
