import { expect, test } from '@jest/globals'
import type { Quote } from '../contracts/index.js'
import { decisionOf, judge, type OpenGate, signalDecision } from './spend-gate.js'

const NOW = Date.parse('2026-01-01T12:00:00.000Z')
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)]
const quote = { digest: A, planDigest: B, maxDollars: 2, expiresAt: '2026-01-01T13:00:00.000Z' } as Quote
const gate = (more: Partial<OpenGate['rules']> = {}): OpenGate => ({
  quote,
  decision: null,
  rules: { approvers: [], assurance: 'claimed', minDollars: 0.1, ...more },
})
const valid = { quoteDigest: A, approve: true, approver: 'ann' }
const refusal = (raw: unknown, open: OpenGate | null = gate(), now = NOW, proven?: boolean): string | undefined =>
  judge(raw, open, now, proven).refusal

test('exactly the open quote, in time, is taken', () => {
  expect(refusal(valid)).toBeUndefined()
  expect(refusal({ ...valid, planDigest: B, maxDollars: 2 })).toBeUndefined()
})

test.each([
  ['nothing', undefined, 'Not a decision'],
  ['a text', 'approve', 'Not a decision'],
  ['no quote digest', { approve: true, approver: 'ann' }, 'quoteDigest'],
  ['a short digest', { ...valid, quoteDigest: 'abc' }, 'quoteDigest'],
  ['another quote', { ...valid, quoteDigest: B }, `expected ${A}`],
  ['another plan', { ...valid, planDigest: A }, `expected ${B}`],
  ['more than the quote', { ...valid, maxDollars: 2.01 }, 'expected at most 2'],
  ['a negative maximum', { ...valid, maxDollars: -1 }, 'maxDollars'],
  ['a maximum that buys nothing', { ...valid, maxDollars: 0.01 }, 'buys no training'],
  ['nobody', { ...valid, approver: '' }, 'approver'],
  ['neither yes nor no', { ...valid, approve: undefined }, 'approve'],
])('%s is refused with a reason', (_, raw, reason) => {
  expect(refusal(raw)).toContain(reason)
})

test('an expired quote, a closed gate and a second decision are refused', () => {
  expect(refusal(valid, gate(), Date.parse(quote.expiresAt))).toContain('expired')
  expect(refusal(valid, null)).toContain('No quote is open')
  const decided = gate()
  decided.decision = decisionOf({ ...valid, channel: 'cli' }, quote, false, NOW)
  expect(refusal({ ...valid, approve: false }, decided)).toContain('Already approved by ann')
})

test('a rejection may name any small maximum', () => {
  expect(refusal({ ...valid, approve: false, maxDollars: 0 })).toBeUndefined()
})

test('the list of approvers holds for everybody', () => {
  expect(refusal(valid, gate({ approvers: ['bob'] }))).toContain('ann is not on')
  expect(refusal(valid, gate({ approvers: ['ann'] }))).toBeUndefined()
})

test('a gate that wants proof takes none on trust, and an unread proof is left to the key', () => {
  const strict = gate({ assurance: 'verified' })
  expect(refusal(valid, strict)).toContain('without proof')
  expect(refusal({ ...valid, proof: 'x' }, strict)).toBeUndefined()
  expect(refusal({ ...valid, proof: 'x' }, strict, NOW, false)).toContain('does not hold')
  expect(refusal({ ...valid, proof: 'x' }, strict, NOW, true)).toBeUndefined()
})

test("a signal's name says approve or reject, and a payload that says the opposite is refused", () => {
  expect(signalDecision({ approver: 'ann' }, false)).toEqual({ approver: 'ann', approve: false })
  expect(refusal(signalDecision({ ...valid, approve: false }, true))).toContain('approve')
  expect(signalDecision('text', true)).toBe('text')
})
