import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from '@jest/globals'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { entryOf } from './entry.js'
import { inspectLog, inspectLogPath } from './inspect-log.js'
import { sampleRecord } from './sample-record.js'

/** What inspect_ai's own model of a log demands of the parts that ours has: made of its pydantic schema, the version is in it. */
let valid: ValidateFunction
interface Log {
  stats: { model_usage: Record<string, { total_tokens: number }> }
  results: { scores: { metrics: { value: { value: unknown } } }[] }
  samples: { target?: string; output: { usage: { total_tokens: number } }; scores: { formwright: { value: { recall: number } } } }[]
}
const logOf = (...args: Parameters<typeof sampleRecord>): Log => JSON.parse(inspectLog(entryOf(sampleRecord(...args)))!)

beforeAll(async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  valid = ajv.compile(JSON.parse(await readFile(new URL('inspect-log.schema.json', import.meta.url), 'utf8')))
})

test('the log is one of inspect_ai, also when a form could not be extracted', () => {
  const record = sampleRecord('promoted')
  record.evaluation!.cases[0]!.error = 'the service was away'
  for (const log of [logOf('promoted'), logOf('not-promoted'), JSON.parse(inspectLog(entryOf(record))!)]) {
    valid(log)
    expect(valid.errors).toBeNull()
  }
  const broken = logOf('promoted')
  delete broken.samples[0]!.target
  broken.results.scores[0]!.metrics.value.value = 'high'
  expect(valid(broken)).toBe(false)
})

test('its tokens add up, and its samples carry the scores that the page is made of', () => {
  const log = logOf('promoted')
  const [total] = Object.values(log.stats.model_usage)
  expect(total!.total_tokens).toBe(log.samples.reduce((sum, one) => sum + one.output.usage.total_tokens, 0))
  expect(total!.total_tokens).toBeGreaterThan(0)
  expect(log.samples.map((one) => one.scores.formwright.value.recall)).toEqual([34 / 40, 35 / 40, 36 / 40])
})

test('it is named as the viewer expects, a file a run', () => {
  expect(inspectLogPath({ startedAt: '2026-11-26T01:13:51.062Z', runId: '01a2156a-80d6-745a' })).toBe(
    'catalog/experiments/pdf-field-extraction/inspect/2026-11-26T01-13-51_pdf-field-extraction_01a2156a80d6745a.json',
  )
  expect(inspectLog(entryOf(sampleRecord('cancelled')))).toBeNull()
})
