import { type Decision, PRESET_PLANS, type Quote, type QuoteNotice } from '../../contracts/index.js'

const digest = (letter: string): string => letter.repeat(64)

/** A quote as the quote activity makes it. */
export function sampleQuote(changes: Partial<Quote> = {}): Quote {
  const offer = {
    instanceType: 'c7i.large',
    zone: 'us-east-1a',
    spotDollarsPerHour: 0.0421,
    tokensPerSecond: 180,
    at: '2026-05-01T10:00:00.000Z',
  }
  return {
    digest: digest('a'),
    planDigest: digest('b'),
    plan: {
      run: 'lora-v1-run',
      adapter: 'lora-v1',
      dataset: digest('c'),
      base: { name: 'SmolLM2-135M-Instruct', digest: digest('d') },
      hyperparameters: PRESET_PLANS.quick.hyperparameters,
      trainTokens: 49_152,
      compute: { region: 'us-east-1', instanceTypes: ['c7i.large'], maxAttempts: 3, maxHours: 6 },
    },
    offers: [offer],
    chosen: offer,
    expectedHours: 0.21,
    expectedDollars: 0.0088,
    maxDollars: 5,
    atCap: 'use-last-checkpoint',
    quotedAt: '2026-05-01T10:00:00.000Z',
    expiresAt: '2099-05-01T11:00:00.000Z',
    ...changes,
  }
}

export const sampleNotice = (): QuoteNotice => ({ workflowId: 'fine-tune-extraction/lora-v1', quote: sampleQuote(), assurance: 'verified' })

export const sampleDecision = (changes: Partial<Decision> = {}): Decision => ({
  approved: true,
  quoteDigest: digest('a'),
  maxDollars: 5,
  approver: 'U2CERLKJA',
  channel: 'slack',
  assurance: 'verified',
  at: '2026-05-01T10:05:00.000Z',
  ...changes,
})
