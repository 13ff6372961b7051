import { expect, test } from '@jest/globals'
import type { Offer, Quote } from '../contracts/index.js'
import { AttemptBook, attemptDollars, settleSeconds, stopReserve } from './attempt-book.js'

const T0 = Date.parse('2026-01-01T00:00:00.000Z')
const HOUR = 3_600_000
const offer = (instanceType: string, zone: string, spotDollarsPerHour: number): Offer => ({
  instanceType,
  zone,
  spotDollarsPerHour,
  tokensPerSecond: 100,
  at: '2026-01-01T00:00:00.000Z',
})
const offers = [offer('a', '1a', 1), offer('b', '1a', 2), offer('a', '1b', 1.5)]
const book = (maxDollars: number, maxHours = 10): AttemptBook =>
  new AttemptBook({ offers, chosen: offers[0]!, plan: { compute: { maxHours } } as Quote['plan'] }, maxDollars, 120)

test('the first minute is billed whole, then by the second', () => {
  const attempt = { startedAt: '2026-01-01T00:00:00.000Z', dollarsPerHour: 3.6 }
  expect(attemptDollars(attempt, T0 + 1_000)).toBeCloseTo(0.06)
  expect(attemptDollars(attempt, T0 + 90_000)).toBeCloseTo(0.09)
})

test('time left is what the rest of the money buys after stopping is paid, over all attempts', () => {
  const accounts = book(2)
  expect(accounts.msLeft(1, T0)).toBeCloseTo((2 - stopReserve(1, 120)) * HOUR, -1)
  const first = accounts.begin(offers[0]!, T0)
  first.instanceId = 'i-1'
  expect(accounts.dollars(T0 + HOUR)).toBeCloseTo(1)
  accounts.end(first, 'interrupted', T0 + HOUR, true)
  expect(accounts.dollars(T0 + 5 * HOUR)).toBeCloseTo(1)
  expect(accounts.msLeft(1, T0 + 5 * HOUR)).toBeCloseTo((1 - stopReserve(1, 120)) * HOUR, -1)
})

test('hours are a limit of their own', () => {
  expect(book(100, 1).msLeft(1, T0)).toBeCloseTo(HOUR, -1)
})

test('eighty percent come before the cap', () => {
  const accounts = book(1)
  expect(accounts.msLeft(1, T0, 0.8)).toBeLessThan(accounts.msLeft(1, T0))
})

test('an attempt that never had an instance costs nothing', () => {
  const accounts = book(1)
  const attempt = accounts.begin(offers[0]!, T0)
  expect(accounts.dollars(T0 + HOUR)).toBe(0)
  accounts.end(attempt, 'no-capacity', T0 + HOUR, false)
  expect(accounts.dollars(T0 + HOUR)).toBe(0)
})

test('the next attempt goes where fewest have failed, then where a token is cheapest', () => {
  const accounts = book(10)
  const taken = [0, 1, 2, 3].map(() => {
    const next = accounts.nextOffer()
    accounts.end(accounts.begin(next, T0), 'lost', T0, false)
    return `${next.instanceType} ${next.zone}`
  })
  expect(taken).toEqual(['a 1a', 'a 1b', 'b 1a', 'a 1a'])
})

test('its state goes through JSON and back', () => {
  const accounts = book(2)
  accounts.begin(offers[0]!, T0).instanceId = 'i-1'
  const state = JSON.parse(JSON.stringify(accounts.state))
  const again = new AttemptBook({ offers, chosen: offers[0]!, plan: { compute: { maxHours: 10 } } as Quote['plan'] }, 2, 120, state)
  expect(again.open?.instanceId).toBe('i-1')
  expect(again.dollars(T0 + HOUR)).toBe(accounts.dollars(T0 + HOUR))
})

test('an attempt without an id is looked after: it may have been launched all the same', () => {
  const pace = { pollSeconds: 10 }
  expect(settleSeconds([], pace)).toBe(0)
  expect(settleSeconds([{ instanceId: 'i-1' }], pace)).toBe(0)
  expect(settleSeconds([{ instanceId: 'i-1' }, { instanceId: null }], pace)).toBe(60)
})
