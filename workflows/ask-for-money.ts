import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import type { PreparedRun } from '../activities/types.js'
import { DecisionInput as DecisionSchema, type Decision, type FineTuneInput, type Quote } from '../contracts/index.js'
import { stopReserve } from './attempt-book.js'
import { decisionRefused, RunEnds } from './errors.js'
import { approveSpend, decideSpend, rejectSpend } from './messages.js'
import { local, quick, telling } from './proxies.js'
import type { RunState } from './run-state.js'
import { decisionOf, judge, type OpenGate, signalDecision } from './spend-gate.js'

/** Prices move; after so many new quotes the run is deferred instead of asking again. */
const MAX_QUOTES = 5
/** Kept and shown; later ones only count. */
const MAX_REFUSALS_KEPT = 50

type Asked = Pick<PreparedRun, 'plan' | 'assurance' | 'pace'>
type Money = Pick<FineTuneInput, 'budget' | 'approval'>

/** The spend gate of one run: handlers are set at once, so that a decision that comes early is kept and judged when the quote is there. */
export class SpendGate {
  private open: OpenGate | null = null
  private opened = false
  private readonly early: unknown[] = []
  private judging = Promise.resolve()

  constructor(
    private readonly state: RunState,
    private readonly workflowId: string,
  ) {
    setHandler(decideSpend, (raw) => this.settle(raw), {
      description: 'Approve or reject exactly the open quote. Refused with a reason when it is not that.',
      validator: (raw) => {
        const judged = judge(raw, this.gateNow(), Date.now())
        if (judged.refusal !== undefined) throw decisionRefused(judged.refusal)
      },
    })
    setHandler(approveSpend, (raw) => this.hear(signalDecision(raw, true)), {
      description: 'decideSpend with approve: true. A refusal is shown in the details.',
    })
    setHandler(rejectSpend, (raw) => this.hear(signalDecision(raw, false)), {
      description: 'decideSpend with approve: false. A refusal is shown in the details.',
    })
  }

  /** Asks until a decision on a price that still holds; throws RunEnds when there will be none. */
  async ask(prepared: Asked, input: Money): Promise<{ quote: Quote; decision: Decision }> {
    for (let asked = 1; asked <= MAX_QUOTES; asked++) {
      const quote = await this.quote(prepared, input)
      const decision = await this.decision(quote, prepared, input)
      if (!decision.approved)
        throw new RunEnds('scope-deferred', `Rejected by ${decision.approver}${decision.reason ? `: ${decision.reason}` : ''}`)
      const now = await quick.checkPrice.executeWithOptions({ summary: 'Does the approved price still hold?' }, [quote])
      if (now.dollarsPerHour !== null && now.dollarsPerHour <= quote.chosen.spotDollarsPerHour) return { quote, decision }
      this.refuse(
        `The price rose from $${quote.chosen.spotDollarsPerHour}/h to ${now.dollarsPerHour === null ? 'none offered' : `$${now.dollarsPerHour}/h`} after the approval: a new quote needs a new decision`,
      )
    }
    throw new RunEnds('scope-deferred', `The price changed after each of ${MAX_QUOTES} approvals`)
  }

  private async quote(prepared: Asked, input: Money): Promise<Quote> {
    const { maxDollars, atCap } = input.budget
    const quote = await quick.quoteSpend.executeWithOptions({ summary: 'Price the plan' }, [
      { plan: prepared.plan, maxDollars, atCap, expiresInMinutes: input.approval.expiresInMinutes },
    ])
    this.state.progress.quote = quote
    this.state.progress.decision = null
    if (quote.expectedDollars > maxDollars) {
      throw new RunEnds('scope-deferred', `Too dear: $${quote.expectedDollars} expected, the budget is $${maxDollars}`)
    }
    return quote
  }

  private async decision(quote: Quote, prepared: Asked, input: Money): Promise<Decision> {
    const rules = {
      approvers: input.approval.approvers,
      assurance: prepared.assurance,
      minDollars: (quote.plan.configurations?.length ?? 1) * stopReserve(quote.chosen.spotDollarsPerHour, 2 * prepared.pace.graceSeconds),
    }
    this.open = { quote, rules, decision: null }
    this.opened = true
    this.state.assurance = prepared.assurance
    await this.state.enter(
      'awaiting-approval',
      `a decision on $${quote.expectedDollars} expected, $${quote.maxDollars} at most, until ${quote.expiresAt}`,
    )
    telling.notifyQuote({ workflowId: this.workflowId, quote, assurance: prepared.assurance }).catch(() => undefined)
    for (const raw of this.early.splice(0)) await this.hear(raw)
    const open = this.open
    const wait = Math.max(1, Date.parse(quote.expiresAt) - Date.now())
    // A run that is cancelled here closes its gate too.
    await condition(() => open.decision !== null, wait, { summary: 'The quote expires' }).finally(() => {
      this.open = null
    })
    if (!open.decision) throw new RunEnds('scope-deferred', `No decision until ${quote.expiresAt}: the quote expired`)
    return open.decision
  }

  /** A signal: what is not valid is recorded and shown. */
  private async hear(raw: unknown): Promise<void> {
    if (!this.opened) {
      this.early.push(raw)
      return
    }
    await this.settle(raw).catch(() => undefined)
  }

  /** Judges one decision at a time; the first valid one wins. What comes after a cancellation is judged too: it must not be dropped unseen. */
  private settle(raw: unknown): Promise<Decision> {
    const settled = this.judging.then(() => CancellationScope.nonCancellable(() => this.settleNow(raw)))
    this.judging = settled.then(
      () => undefined,
      () => undefined,
    )
    return settled
  }

  private async settleNow(raw: unknown): Promise<Decision> {
    const proven = await this.prove(raw)
    const gate = this.gateNow()
    const judged = judge(raw, gate, Date.now(), proven)
    if (judged.refusal !== undefined) {
      this.refuse(judged.refusal)
      await this.state.tellParent()
      throw decisionRefused(judged.refusal)
    }
    const decision = decisionOf(judged.input, gate!.quote, proven, Date.now())
    gate!.decision = decision
    this.state.progress.decision = decision
    this.state.show()
    await this.state.tellParent()
    return decision
  }

  /** The open gate; after a decision the closed one, so that a late decision hears who decided. */
  private gateNow(): OpenGate | null {
    const { quote, decision } = this.state.progress
    if (this.open || !quote || !decision) return this.open
    return { quote, decision, rules: { approvers: [], assurance: 'claimed', minDollars: 0 } }
  }

  private async prove(raw: unknown): Promise<boolean> {
    const parsed = DecisionSchema.safeParse(raw)
    if (!parsed.success || !parsed.data.proof || parsed.data.approve === undefined) return false
    const { quoteDigest, approve, maxDollars, approver, channel, proof } = parsed.data
    return local.verifyProof({ quoteDigest, approve, maxDollars, approver, channel, proof })
  }

  private refuse(reason: string): void {
    const { refusedDecisions } = this.state.progress
    if (refusedDecisions.length < MAX_REFUSALS_KEPT) refusedDecisions.push({ at: new Date().toISOString(), reason })
    this.state.show()
  }
}
