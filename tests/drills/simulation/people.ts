import type { Client } from '@temporalio/client'
import type { QuoteNotice } from '../../../activities/types.js'
import { proofOf } from '../../../contracts/proof.js'
import type { Schedule } from './schedule.js'
import { DECISION_KEY, type World } from './world.js'

/** The people of a run: what they send when they are asked, in this order. Answers how many refusals callers heard. */
export class People {
  /** Decisions that were sent and must be refused. */
  refusals = 0
  heard = 0
  /** Of these, sent as signals though the others are updates: nobody hears them refused. */
  unheard = 0
  private asked = 0

  constructor(
    private readonly client: Client,
    private readonly world: World,
    private readonly schedule: Schedule,
  ) {}

  answer = async (notice: QuoteNotice): Promise<void> => {
    this.asked++
    this.raisePrices()
    const { decision } = this.schedule
    if (decision === 'never' || decision === 'late') return
    await this.first(notice)
    if (decision === 'reject' || decision === 'reject-approve') await this.send(notice, false, 'bob')
    else await this.send(notice, true, 'ann', decision === 'less' ? { maxDollars: notice.quote.maxDollars / 2 } : {})
    if (decision === 'approve-twice') await this.send(notice, true, 'ann', {}, 'refused')
    if (decision === 'approve-reject') await this.send(notice, false, 'bob', {}, 'refused')
    if (decision === 'reject-approve') await this.send(notice, true, 'ann', {}, 'refused')
  }

  /** Too late: the run is writing its page. */
  async late(notice: QuoteNotice): Promise<void> {
    if (this.schedule.decision === 'late') await this.send(notice, true, 'ann', {}, 'refused')
  }

  private async first(notice: QuoteNotice): Promise<void> {
    const { decision, input } = this.schedule
    if (decision === 'wrong-first') await this.send(notice, true, 'ann', { quoteDigest: 'f'.repeat(64) }, 'refused')
    if (decision === 'too-much-first') await this.send(notice, true, 'ann', { maxDollars: notice.quote.maxDollars * 10 }, 'refused')
    if (decision === 'stranger-first') await this.send(notice, true, 'mallory', {}, 'refused')
    if (decision === 'garbage-first') {
      await this.client.workflow.getHandle(notice.workflowId).signal('approveSpend', 'yes please')
      this.refusals++
      this.unheard++
    }
    if (input.approval!.assurance === 'verified') await this.send(notice, true, 'ann', { proof: undefined }, 'refused')
  }

  private async send(notice: QuoteNotice, approve: boolean, approver: string, more: object = {}, expected?: 'refused'): Promise<void> {
    const handle = this.client.workflow.getHandle(notice.workflowId)
    const said = {
      quoteDigest: notice.quote.digest,
      planDigest: notice.quote.planDigest,
      approve,
      approver,
      channel: 'gateway' as const,
      ...more,
    }
    const payload = { proof: proofOf(said, DECISION_KEY), ...said }
    if (this.schedule.by === 'signal') {
      // Who signals a run that is over hears so, and it is no decision that the run could show.
      await handle.signal(approve ? 'approveSpend' : 'rejectSpend', payload)
      if (expected) this.refusals++
      return
    }
    if (expected) this.refusals++
    await handle.executeUpdate('decideSpend', { args: [payload] }).catch(() => void this.heard++)
  }

  private raisePrices(): void {
    if (!this.schedule.priceRises || this.asked > 1) return
    const { cloud } = this.world
    cloud.prices = cloud.prices.map((price) => ({ ...price, dollarsPerHour: price.dollarsPerHour * 2 }))
  }
}
