import { createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import { Hono } from 'hono'
import { observeRequests, serveMetrics } from '../../telemetry/http.js'
import { Metrics } from '../../telemetry/metrics.js'
import { expressions, exportedNames, JOBS, namesAskedFor, selectors } from './metric-names.js'

test('each metric of an alarm or the dashboard is asked of a part of ours', () => {
  for (const expr of expressions()) expect(selectors(expr).length).toBeGreaterThan(0)
})

test('alarms and dashboard watch every part', () => {
  expect([...new Set(namesAskedFor().map(({ job }) => job))].sort()).toEqual([...JOBS].sort())
})

test('a metric without a job, or of a part that there is not, is noticed', () => {
  expect(() => selectors('rate(formwright_requests_total[5m])')).toThrow('with its job')
  expect(() => selectors('up{job="formwright-other"}')).toThrow('no part of ours')
})

test.each(['app', 'gateway'])('every metric that an alarm or the dashboard asks of the %s is exported', async (part) => {
  const { metrics, middleware } = observeRequests(part)
  const app = new Hono().use(middleware).get('/forms/:id', (c) => c.text('ok'))
  await app.request('/forms/1')
  await app.request('/forms/2')
  const exported = exportedNames(metrics.text())
  const asked = namesAskedFor().filter(({ job }) => job === `formwright-${part}`)
  expect(asked.length).toBeGreaterThan(2)
  expect(asked.filter(({ name }) => !exported.has(name))).toEqual([])
  expect(metrics.text()).toContain('formwright_requests_total{route="/forms/:id",status="200"} 2\n')
  expect(metrics.text()).toContain('formwright_request_seconds_bucket{route="/forms/:id",le="+Inf"} 2\n')
})

test('metrics are served on loopback where a port is given, and nowhere without one', async () => {
  expect(serveMetrics(new Metrics(), undefined)).toBeUndefined()
  const metrics = new Metrics()
  metrics.counter('things_total', 'Things').add({ kind: 'a "quoted"\nname' })
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
  const server = serveMetrics(metrics, String(port))!
  const at = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
  let page: Response | undefined
  while (!page) page = await at('/metrics').catch(() => undefined)
  expect(await page.text()).toContain('things_total{kind="a \\"quoted\\"\\nname"} 1\n')
  expect((await at('/other')).status).toBe(404)
  server.close()
})
