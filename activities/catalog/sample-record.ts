import {
  type CaseResult,
  type Ending,
  FineTuneInput,
  type PublishedFigures,
  type Quote,
  type RunRecord,
  type Score,
} from '../../contracts/index.js'
import { summarise } from '../evaluate/summarise.js'
import type { EvaluationPlan, PlannedVariant } from '../evaluate/types.js'
import { digestOf } from '../ports/digests.js'

/** For tests: one real figure of someone else, with a price. */
export const PUBLISHED: PublishedFigures = {
  source: 'somebody else',
  publishedOn: '2026-04',
  variants: [
    {
      variant: 'extraction/sonnet',
      title: 'Sonnet',
      scorer: 'llm-judge',
      forms: 3,
      metrics: { recall: 0.726 },
      dollarsPerForm: [0.15, 0.4],
    },
  ],
}

const CANDIDATE = digestOf('candidate')
const lora: PlannedVariant = {
  variant: 'extraction/lora-v1',
  variantDigest: CANDIDATE,
  role: 'candidate',
  provider: 'inference',
  model: CANDIDATE,
}
const rules: PlannedVariant = {
  variant: 'extraction/rules-v1',
  variantDigest: digestOf('rules'),
  role: 'baseline',
  provider: 'local',
  model: null,
}
export const PLAN: EvaluationPlan = {
  fixtures: ['street-event-permit', 'garnishee-answer', 'injury-first-report'].map((id) => ({ id, digest: digestOf(id), fields: 40 })),
  variants: [lora, rules],
}

function score(matched: number): Score {
  const part = Math.floor(matched * 0.9)
  return {
    gold: 40,
    predicted: 38,
    located: 37,
    matched,
    type: part,
    sensitivity: part,
    required: part,
    group: part,
    strict: part,
    strictAllCorrect: false,
  }
}

export const CASES: CaseResult[] = PLAN.variants.flatMap(({ variant, variantDigest, role }) =>
  PLAN.fixtures.map(({ id, digest }, i) => ({
    variant,
    variantDigest,
    fixture: id,
    fixtureDigest: digest,
    score: score(role === 'candidate' ? 34 + i : 20 + 2 * i),
    seconds: role === 'candidate' ? 6.5 + i : 0.4,
    tokens: role === 'candidate' ? { prompt: 4_000, completion: 900 } : { prompt: 0, completion: 0 },
    dollars: role === 'candidate' ? 0.00016 : 0,
    unparseable: 0,
    error: null,
  })),
)

const LEAK = { pairs: 0, overlap: 0.06, allowed: 0.5, nearest: { pair: 'pet-licence', form: 'garnishee-answer' }, windows: 12 }
const HYPERPARAMETERS = {
  rank: 32,
  alpha: 64,
  dropout: 0,
  layers: 18,
  targetModules: ['q_proj', 'v_proj'],
  learningRate: 0.0005,
  warmupShare: 0.05,
  weightDecay: 0,
  epochs: 2,
  tokensPerStep: 2048,
  maxSequenceTokens: 1024,
  seed: 7,
  precision: 'auto' as const,
}

const offer = {
  instanceType: 'c7i.large',
  zone: 'us-east-1a',
  spotDollarsPerHour: 0.036,
  tokensPerSecond: 180,
  at: '2026-01-02T03:00:00.000Z',
}
export const RUN = 'lora-v1-0b7c2f8e-6f3a-4a51-9a55-3f5f0d3c1a10'
const QUOTE: Quote = {
  digest: digestOf('quote'),
  planDigest: digestOf('plan'),
  plan: {
    run: RUN,
    adapter: 'lora-v1',
    dataset: digestOf('dataset'),
    base: { name: 'SmolLM2-135M-Instruct', digest: digestOf('base') },
    hyperparameters: HYPERPARAMETERS,
    trainTokens: 49_152,
    compute: { region: 'us-east-1', instanceTypes: ['c7i.large'], maxAttempts: 3, maxHours: 6 },
  },
  offers: [offer],
  chosen: offer,
  expectedHours: 0.2,
  expectedDollars: 0.0072,
  maxDollars: 5,
  atCap: 'use-last-checkpoint',
  quotedAt: '2026-01-02T03:00:00.000Z',
  expiresAt: '2026-01-02T04:00:00.000Z',
}

const REASONS: Record<Ending, string> = {
  promoted: 'All 5 gates passed',
  'not-promoted': 'Failed: recall is 0.41, expected at-least 0.5',
  'scope-deferred': 'Rejected by bob: not this week',
  'budget-exhausted': 'The rest of the approved $5 or hours buys no further attempt',
  failed: 'All 3 approved attempts are used; the last: no heartbeat for 120 s',
  cancelled: 'Cancelled by a person',
}

/** For tests: the record of a run that ended so, with what such a run has by then. */
export function sampleRecord(ending: Ending, more: Partial<RunRecord> = {}): RunRecord {
  const measured = ending === 'promoted' || ending === 'not-promoted'
  const spent = measured || ending === 'budget-exhausted' || ending === 'failed'
  const approved = ending !== 'scope-deferred'
  const attempt = {
    number: 1,
    instanceId: 'i-0abc',
    instanceType: 'c7i.large',
    zone: 'us-east-1a',
    dollarsPerHour: 0.036,
    startedAt: '2026-01-02T03:10:00.000Z',
    endedAt: '2026-01-02T03:25:00.000Z',
    ending: measured ? ('done' as const) : ('lost' as const),
    dollars: 0.009,
  }
  const gate = {
    name: 'recall',
    kind: 'quality' as const,
    value: measured && ending === 'promoted' ? 0.875 : 0.41,
    threshold: 0.5,
    rule: 'at-least' as const,
    passed: ending === 'promoted',
    detail: 'gold fields found with their label',
  }
  return {
    run: RUN,
    runId: RUN.slice('lora-v1-'.length),
    adapter: 'lora-v1',
    preset: 'quick',
    ending,
    reason: REASONS[ending],
    input: FineTuneInput.parse({}),
    dataset: { digest: digestOf('dataset'), pairs: 56, families: 56, windows: 900, leak: LEAK },
    base: QUOTE.plan.base,
    hyperparameters: HYPERPARAMETERS,
    quote: QUOTE,
    decision: {
      approved,
      quoteDigest: QUOTE.digest,
      maxDollars: 5,
      approver: 'ann',
      channel: 'cli',
      assurance: 'claimed',
      at: '2026-01-02T03:05:00.000Z',
    },
    attempts: spent ? [attempt] : [],
    dollars: spent ? 0.009 : 0,
    training: measured
      ? {
          adapter: { uri: 's3://formwright/runs/x/adapter/', digest: CANDIDATE },
          steps: 24,
          loss: 0.41,
          tokens: 49_000,
          seconds: 300,
          attempts: 1,
          machine: 'two cores',
        }
      : null,
    lossCurve: measured ? [1, 8, 16, 24].map((step) => ({ step, loss: 1 / step + 0.3 })) : [],
    candidate: measured ? CANDIDATE : null,
    live: ending === 'promoted' ? CANDIDATE : digestOf('old'),
    evaluation: measured ? { ...summarise(PLAN, CASES, PUBLISHED), gates: [gate] } : null,
    codeCommit: 'c0ffee'.padEnd(40, '0'),
    startedAt: '2026-01-02T02:59:00.000Z',
    endedAt: '2026-01-02T03:40:00.000Z',
    ...more,
  }
}
