import { expect, test } from '@jest/globals'
import { Quote, type Plan } from '../contracts/index.js'
import { proofOf } from '../contracts/proof.js'
import type { Compute } from './ports/compute.js'
import { createQuoteActivities, quoteSpend } from './quote.js'

const NOW = Date.parse('2026-01-01T00:00:00.000Z')
const plan: Plan = {
  run: 'lora-v1-1',
  adapter: 'lora-v1',
  dataset: 'a'.repeat(64),
  base: { name: 'SmolLM2-135M-Instruct', digest: 'b'.repeat(64) },
  hyperparameters: {
    rank: 8,
    alpha: 16,
    dropout: 0,
    layers: 2,
    targetModules: ['q_proj'],
    learningRate: 1e-4,
    warmupShare: 0,
    weightDecay: 0,
    epochs: 1,
    tokensPerStep: 512,
    maxSequenceTokens: 512,
    seed: 1,
    precision: 'auto',
  },
  trainTokens: 648_000,
  compute: { region: 'us-east-1', instanceTypes: ['c7i.large', 'g6.xlarge'], maxAttempts: 3, maxHours: 6 },
}
const at = '2026-01-01T00:00:00.000Z'
const compute = (prices: Array<[string, string, number]>): Compute =>
  ({
    spotPrices: async () => prices.map(([instanceType, zone, dollarsPerHour]) => ({ instanceType, zone, dollarsPerHour, at })),
  }) as unknown as Compute
const ports = (prices: Array<[string, string, number]>) => ({
  compute: compute(prices),
  clock: { now: () => NOW, sleep: async () => undefined },
  decisionKey: 'k'.repeat(32),
})
const input = { plan, maxDollars: 5, atCap: 'end' as const, expiresInMinutes: 30 }

test('the quote chooses the cheapest token, not the cheapest hour', async () => {
  const quote = Quote.parse(
    await quoteSpend(
      ports([
        ['c7i.large', '1a', 0.04],
        ['g6.xlarge', '1a', 0.4],
      ]),
      input,
    ),
  )
  expect(quote.chosen.instanceType).toBe('g6.xlarge')
  expect(quote.offers).toHaveLength(2)
})

test('hours come from tokens and throughput, dollars from hours and price, the expiry from the input', async () => {
  const quote = await quoteSpend(
    ports([
      ['c7i.large', '1b', 0.05],
      ['c7i.large', '1a', 0.04],
    ]),
    input,
  )
  // 648,000 tokens at 180 a second are an hour; a tenth of an hour is paid besides.
  expect(quote).toMatchObject({
    expectedHours: 1.1,
    expectedDollars: 0.044,
    maxDollars: 0.3,
    expiresAt: '2026-01-01T00:30:00.000Z',
    chosen: { zone: '1a' },
  })
})

test('a larger base is quoted with what was computed for the card, or by its size on cores', async () => {
  const larger = { ...input, plan: { ...plan, base: { ...plan.base, name: 'Llama-3.2-3B-Instruct' } } }
  const { offers } = await quoteSpend(
    ports([
      ['g6.2xlarge', '1a', 0.5],
      ['g6.xlarge', '1a', 0.4],
      ['c7i.large', '1a', 0.04],
    ]),
    larger,
  )
  const speeds = offers.map(({ instanceType, tokensPerSecond }) => [instanceType, Math.round(tokensPerSecond)])
  expect(speeds).toEqual([
    ['g6.xlarge', 1829],
    ['g6.2xlarge', 1829],
    ['c7i.large', 8],
  ])
})

test('the maximum is never above the budget', async () => {
  expect((await quoteSpend(ports([['c7i.large', '1a', 10]]), input)).maxDollars).toBe(5)
})

test('another price is another quote of the same plan', async () => {
  const [one, other] = [
    await quoteSpend(ports([['c7i.large', '1a', 0.04]]), input),
    await quoteSpend(ports([['c7i.large', '1a', 0.05]]), input),
  ]
  expect(one.digest).not.toBe(other.digest)
  expect(one.planDigest).toBe(other.planDigest)
})

test('no price is said plainly', async () => {
  await expect(quoteSpend(ports([]), input)).rejects.toThrow('No spot price for c7i.large, g6.xlarge in us-east-1; nothing was spent')
})

test('a proof holds for exactly its decision and key', async () => {
  const decision = { quoteDigest: 'c'.repeat(64), approve: true, approver: 'ann', channel: 'slack' as const }
  const proof = proofOf(decision, 'k'.repeat(32))
  const { verifyProof } = createQuoteActivities(ports([]))
  expect(await verifyProof({ ...decision, proof })).toBe(true)
  for (const other of [{ approve: false }, { approver: 'bob' }, { channel: 'app' }, { maxDollars: 1 }, { quoteDigest: 'd'.repeat(64) }]) {
    expect(await verifyProof({ ...decision, proof, ...other })).toBe(false)
  }
  expect(await verifyProof({ ...decision, proof: 'short' })).toBe(false)
  expect(await createQuoteActivities({ ...ports([]), decisionKey: undefined }).verifyProof({ ...decision, proof })).toBe(false)
})
