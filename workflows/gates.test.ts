import { expect, test } from '@jest/globals'
import { type Evaluation, GateThresholds, type VariantSummary } from '../contracts/index.js'
import { decideGates, demandDataset, verdict } from './gates.js'

const [CANDIDATE, LIVE] = ['c'.repeat(64), 'd'.repeat(64)]
const thresholds = GateThresholds.parse({})
const summary = (variantDigest: string, recall: number, more: Partial<VariantSummary> = {}): VariantSummary => ({
  variant: 'extraction/lora-v1',
  variantDigest,
  source: 'measured',
  scorer: 'formwright',
  forms: 10,
  metrics: { recall: { value: recall, low: recall, high: recall } },
  secondsPerForm: 5,
  p95Seconds: 20,
  tokensPerForm: 100,
  dollarsPerForm: 0,
  unparseable: 0,
  errors: 0,
  ...more,
})
const decide = (summaries: VariantSummary[], more: Partial<Parameters<typeof decideGates>[0]> = {}) => {
  const evaluation = { fixtures: [], cases: [], summaries, gates: [] } satisfies Evaluation
  const gates = decideGates({ evaluation, candidate: CANDIDATE, live: LIVE, serviceMemoryMiB: 800, ...more }, thresholds)
  return { failed: gates.filter((gate) => !gate.passed).map((gate) => gate.name), gates }
}

test('a candidate that is good enough and no worse than live passes', () => {
  expect(decide([summary(CANDIDATE, 0.6), summary(LIVE, 0.61)]).failed).toEqual([])
})

test.each([
  ['recall below the bar', summary(CANDIDATE, 0.49), ['recall', 'not-worse-than-live']],
  ['worse than live beyond the margin', summary(CANDIDATE, 0.55), ['not-worse-than-live']],
  ['an unreadable answer', summary(CANDIDATE, 0.6, { unparseable: 1 }), ['unparseable']],
  ['a form that failed', summary(CANDIDATE, 0.6, { errors: 1 }), ['errors']],
  ['too slow', summary(CANDIDATE, 0.6, { p95Seconds: 61 }), ['p95-seconds']],
])('%s fails its gate', (_, candidate, failed) => {
  expect(decide([candidate, summary(LIVE, 0.6)]).failed).toEqual(failed)
})

test('too much memory fails, and so does every number that was not measured', () => {
  expect(decide([summary(CANDIDATE, 0.6)], { live: null, serviceMemoryMiB: 2000 }).failed).toEqual(['service-memory'])
  expect(decide([], { live: null, serviceMemoryMiB: null }).failed).toEqual([
    'recall',
    'unparseable',
    'errors',
    'p95-seconds',
    'service-memory',
  ])
})

test('published figures of the same digest do not count', () => {
  expect(decide([summary(CANDIDATE, 0.9, { source: 'published' })], { live: null }).failed).toContain('recall')
})

test('the first adapter, and one that is live already, are compared with nothing', () => {
  expect(decide([summary(CANDIDATE, 0.6)], { live: null }).gates.map((gate) => gate.name)).not.toContain('not-worse-than-live')
  expect(decide([summary(CANDIDATE, 0.6)], { live: CANDIDATE }).failed).toEqual([])
})

test('a dataset with too few pairs, or that gives an evaluation form away, is not asked money for', () => {
  const leak = { pairs: 0, overlap: 0.2, allowed: 0.5, nearest: { pair: 'dog-licence', form: 'permit' }, windows: 3 }
  expect(() => demandDataset({ pairs: 50, leak }, thresholds)).not.toThrow()
  expect(() => demandDataset({ pairs: 49, leak }, thresholds)).toThrow('49 training pairs, expected at least 50')
  expect(() => demandDataset({ pairs: 50, leak: { ...leak, pairs: 2 } }, thresholds)).toThrow(
    'leak: 2 training pairs give an evaluation form away',
  )
  expect(() => demandDataset({ pairs: 50, leak: { ...leak, overlap: 0.6 } }, thresholds)).toThrow(
    'the nearest dog-licence with 60.0 % of permit',
  )
})

test('the verdict names each failed gate with its numbers', () => {
  expect(verdict(decide([summary(CANDIDATE, 0.3), summary(LIVE, 0.2)]).gates)).toBe('Failed: recall is 0.3, expected at-least 0.5')
  expect(verdict(decide([summary(CANDIDATE, 0.6)], { live: null }).gates)).toBe('All 5 gates passed')
})
