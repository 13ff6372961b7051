import { expect, test } from '@jest/globals'
import { Hono } from 'hono'
import { observeRequests } from '../../telemetry/http.js'
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
