import { expect, test } from '@jest/globals'
import type { RunProgress } from '../contracts/index.js'
import { sampleQuote } from '../gateway/testing/samples.js'
import { bar, duration, progressLines, quoteText, sparkline } from './run-view.js'

const progress: RunProgress = {
  run: 'lora-v1-1',
  adapter: 'lora-v1',
  preset: 'quick',
  stage: 'training',
  ending: null,
  waitingFor: 'the training',
  quote: null,
  decision: null,
  refusedDecisions: [],
  attempts: [
    {
      number: 1,
      instanceId: 'i-1',
      instanceType: 'c7i.large',
      zone: 'us-east-1a',
      dollarsPerHour: 0.04,
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: null,
      ending: 'running',
      dollars: 0,
    },
  ],
  training: { step: 6, steps: 24, loss: 1.25, secondsLeft: 90 },
  dollars: 0.0042,
  candidate: null,
  startedAt: '2026-01-01T00:00:00.000Z',
}

test('a falling loss is drawn from high to low, in at most the width asked for', () => {
  expect(sparkline([4, 3, 2, 1])).toBe('█▆▃▁')
  expect(
    sparkline(
      Array.from({ length: 500 }, (_, i) => 500 - i),
      10,
    ),
  ).toHaveLength(10)
  expect(sparkline([])).toBe('')
  expect(sparkline([2, 2])).toBe('▁▁')
})

test('the bar stays within its width', () => {
  expect(bar(0.5, 4)).toBe('██░░')
  expect(bar(7, 4)).toBe('████')
})

test('durations read as a person says them', () => {
  expect([duration(12), duration(75), duration(7260)]).toEqual(['12 s', '1 min 15 s', '2 h 1 min'])
})

test('a training shows attempt, steps, loss, time left and dollars', () => {
  const [head, steps] = progressLines(progress, [2, 1.25])
  expect(head).toBe('training  $0.0042  attempt 1 on c7i.large in us-east-1a')
  expect(steps).toContain('6/24  loss 1.250 █▁  1 min 30 s left')
})

test('a quote shows every offer with its price, and which was chosen', () => {
  const chosen = sampleQuote().chosen
  const text = quoteText(sampleQuote({ offers: [chosen, { ...chosen, zone: 'us-east-1b', spotDollarsPerHour: 0.05 }] }))
  expect(text).toContain('→ c7i.large us-east-1a $0.0421/h')
  expect(text).toContain('  c7i.large us-east-1b $0.0500/h')
  expect(text).toContain('$0.0088 expected, $5.00 at most')
})

test('another stage says what it waits for', () => {
  expect(progressLines({ ...progress, stage: 'deploying', waitingFor: 'the inference service' }, [])).toEqual([
    'deploying  $0.0042  waits for the inference service',
  ])
})
