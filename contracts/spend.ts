import { z } from 'zod'
import { Digest } from './digest.js'
import { Hyperparameters } from './training.js'

export const Offer = z.object({
  instanceType: z.string(),
  zone: z.string(),
  spotDollarsPerHour: z.number().min(0),
  tokensPerSecond: z.number().positive(),
  at: z.iso.datetime(),
})
export type Offer = z.infer<typeof Offer>

/** Everything that money would be spent on. */
export const Plan = z.object({
  run: z.string(),
  adapter: z.string(),
  dataset: Digest,
  base: z.object({ name: z.string(), digest: Digest }),
  initFrom: Digest.optional(),
  /** Of a sweep: those of its first configuration. */
  hyperparameters: Hyperparameters,
  /** Over all configurations. */
  trainTokens: z.int(),
  /** Trainings of a sweep, which one decision pays for; absent for a run of one training. */
  configurations: z
    .array(z.object({ name: z.string(), hyperparameters: Hyperparameters, initFrom: Digest.optional(), trainTokens: z.int() }))
    .min(2)
    .optional(),
  compute: z.object({ region: z.string(), instanceTypes: z.array(z.string()).min(1), maxAttempts: z.int(), maxHours: z.number() }),
})
export type Plan = z.infer<typeof Plan>

/** Hours for people: `12 min`, `2.5 h`. */
export const inWords = (hours: number): string => (hours < 1 ? `${Math.max(1, Math.round(hours * 60))} min` : `${+hours.toFixed(1)} h`)

/** What is trained, in one line for whoever decides. */
export function plannedTraining({ base, hyperparameters, trainTokens, configurations }: Plan): string {
  const tokens = `${trainTokens.toLocaleString('en')} tokens`
  if (!configurations) return `${base.name}, rank ${hyperparameters.rank}, ${tokens}`
  return `${base.name}, ${configurations.length} configurations to be compared (${configurations.map((one) => one.name).join(', ')}), ${tokens} together`
}

/** The priced plan. A decision answers exactly this digest, until it expires. */
export const Quote = z.object({
  digest: Digest,
  planDigest: Digest,
  plan: Plan,
  offers: z.array(Offer).min(1),
  chosen: Offer,
  expectedHours: z.number(),
  expectedDollars: z.number(),
  /** What an approval allows at most, over all attempts. */
  maxDollars: z.number(),
  atCap: z.enum(['use-last-checkpoint', 'end']),
  quotedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export type Quote = z.infer<typeof Quote>

export const Channel = z.enum(['slack', 'app', 'gateway', 'web-ui', 'cli'])
export const Assurance = z.enum(['verified', 'claimed'])

/** Payload of `decideSpend`, `approveSpend` and `rejectSpend`. */
export const DecisionInput = z.object({
  quoteDigest: Digest,
  planDigest: Digest.optional(),
  approve: z.boolean().optional(),
  maxDollars: z.number().min(0).optional(),
  approver: z.string().min(1),
  reason: z.string().max(2000).optional(),
  channel: Channel.default('web-ui'),
  /** HMAC over the decision with the gateway's key; without a valid one the assurance is `claimed`. */
  proof: z.string().optional(),
})
export type DecisionInput = z.input<typeof DecisionInput>

export const Decision = z.object({
  approved: z.boolean(),
  quoteDigest: Digest,
  maxDollars: z.number(),
  approver: z.string(),
  channel: Channel,
  assurance: Assurance,
  reason: z.string().optional(),
  at: z.iso.datetime(),
})
export type Decision = z.infer<typeof Decision>

/**
 * What `proof` signs: hex HMAC-SHA256 of this text with FORMWRIGHT_DECISION_KEY.
 * One line per part, in this order; an absent maximum is an empty line. JSON strings, so that no part can pose as two.
 */
export function proofText(
  decision: Pick<z.output<typeof DecisionInput>, 'quoteDigest' | 'maxDollars' | 'approver' | 'channel'> & { approve: boolean },
): string {
  const parts = [
    'formwright-decision-v1',
    decision.quoteDigest,
    decision.approve,
    decision.maxDollars ?? '',
    decision.approver,
    decision.channel,
  ]
  return parts.map((part) => JSON.stringify(part)).join('\n')
}
