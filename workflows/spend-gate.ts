import { DecisionInput as DecisionSchema, type Decision, type Quote } from '../contracts/index.js'
import type { z } from 'zod'

type ParsedDecision = z.output<typeof DecisionSchema>
export interface GateRules {
  approvers: string[]
  assurance: 'claimed' | 'verified'
  /** Less than this buys no training. */
  minDollars: number
}
export interface OpenGate {
  quote: Quote
  rules: GateRules
  decision: Decision | null
}
export type Judged = { input: ParsedDecision & { approve: boolean }; refusal?: undefined } | { refusal: string }

/** Checks that can be made without a key. `proven` is undefined while the proof is still unread. */
export function judge(raw: unknown, gate: OpenGate | null, nowMs: number, proven?: boolean): Judged {
  const parsed = DecisionSchema.safeParse(raw)
  if (!parsed.success)
    return { refusal: `Not a decision: ${parsed.error.issues.map((i) => `${i.path.join('.') || 'payload'}: ${i.message}`).join('; ')}` }
  const input = parsed.data
  if (input.approve === undefined) return { refusal: 'approve: expected true or false' }
  if (!gate) return { refusal: 'No quote is open: there is nothing to decide now' }
  const { quote, rules, decision } = gate
  if (decision)
    return {
      refusal: `Already ${decision.approved ? 'approved' : 'rejected'} by ${decision.approver} at ${decision.at}: the first decision counts`,
    }
  if (input.quoteDigest !== quote.digest)
    return { refusal: `quoteDigest: expected ${quote.digest}, the open quote; got ${input.quoteDigest}` }
  if (input.planDigest && input.planDigest !== quote.planDigest)
    return { refusal: `planDigest: expected ${quote.planDigest}; got ${input.planDigest}` }
  if (nowMs >= Date.parse(quote.expiresAt)) return { refusal: `The quote expired at ${quote.expiresAt}` }
  if (input.maxDollars !== undefined && input.maxDollars > quote.maxDollars) {
    return { refusal: `maxDollars: expected at most ${quote.maxDollars}, the quote's maximum; got ${input.maxDollars}` }
  }
  if (input.approve && input.maxDollars !== undefined && input.maxDollars < rules.minDollars) {
    return { refusal: `maxDollars: ${input.maxDollars} buys no training; expected at least ${rules.minDollars.toFixed(4)}` }
  }
  if (rules.approvers.length > 0 && !rules.approvers.includes(input.approver))
    return { refusal: `approver: ${input.approver} is not on this run's list` }
  if (rules.assurance === 'verified' && (!input.proof || proven === false)) {
    return {
      refusal: `This run takes verified decisions only (Slack, or the signed-in app); channel ${input.channel} came ${input.proof ? 'with a proof that does not hold' : 'without proof'}`,
    }
  }
  return { input: { ...input, approve: input.approve } }
}

/** A judged decision as it is kept. */
export function decisionOf(input: ParsedDecision & { approve: boolean }, quote: Quote, proven: boolean, nowMs: number): Decision {
  return {
    approved: input.approve,
    quoteDigest: quote.digest,
    maxDollars: input.maxDollars ?? quote.maxDollars,
    approver: input.approver,
    channel: input.channel,
    assurance: proven ? 'verified' : 'claimed',
    reason: input.reason,
    at: new Date(nowMs).toISOString(),
  }
}

/** A signal's payload says `approve` by its name; a payload that says the opposite stays as it is and is refused. */
export function signalDecision(raw: unknown, approve: boolean): unknown {
  if (typeof raw !== 'object' || raw === null) return raw
  const said = (raw as { approve?: unknown }).approve
  if (said !== undefined && said !== approve) return { ...raw, approve: `${String(said)}, but the signal says ${approve}` }
  return { ...raw, approve }
}
