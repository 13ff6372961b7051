import type { ActionsBlock, KnownBlock } from '@slack/types'
import { type Decision, inWords, plannedTraining, type QuoteNotice } from '../../contracts/index.js'
import { APPROVE, type ButtonValue, REJECT } from './interaction.js'

const dollars = (value: number): string => `$${value < 0.1 ? value.toFixed(4) : value.toFixed(2)}`
/** Slack's own marks, so that nothing in a name becomes a link or a mention. */
const plain = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export interface SlackMessage {
  /** For notifications and screen readers. */
  text: string
  blocks: KnownBlock[]
}

function buttons({ workflowId, quote }: QuoteNotice): ActionsBlock {
  const value = JSON.stringify({ workflowId, quoteDigest: quote.digest, planDigest: quote.planDigest } satisfies ButtonValue)
  return {
    type: 'actions',
    block_id: 'decide',
    elements: [
      {
        type: 'button',
        style: 'primary',
        action_id: APPROVE,
        value,
        text: { type: 'plain_text', text: 'Approve' },
        confirm: {
          title: { type: 'plain_text', text: 'Approve this spend?' },
          text: { type: 'plain_text', text: `Up to ${dollars(quote.maxDollars)} may be spent on ${quote.chosen.instanceType}.` },
          confirm: { type: 'plain_text', text: 'Approve' },
          deny: { type: 'plain_text', text: 'Not yet' },
        },
      },
      { type: 'button', style: 'danger', action_id: REJECT, value, text: { type: 'plain_text', text: 'Reject' } },
    ],
  }
}

/** Offers that a message lists; Slack takes 3,000 letters a block. */
const MAX_OFFERS = 12

/** What was on offer, cheapest token first. */
function consideredText(offers: QuoteNotice['quote']['offers']): string {
  const lines = offers.slice(0, MAX_OFFERS).map((o) => `${o.instanceType} in ${o.zone}: ${dollars(o.spotDollarsPerHour)}/h`)
  return [...lines, ...(offers.length > MAX_OFFERS ? [`and ${offers.length - MAX_OFFERS} more`] : [])].join('\n')
}

/** The quote with Approve and Reject. */
export function quoteMessage(notice: QuoteNotice, appUrl: string | undefined): SlackMessage {
  const { quote, workflowId } = notice
  const { plan, chosen } = quote
  const cap = quote.atCap === 'end' ? 'the run ends' : 'the last checkpoint is used'
  const field = (name: string, text: string) => ({ type: 'mrkdwn' as const, text: `*${name}*\n${plain(text)}` })
  const where = appUrl ? ` · <${appUrl}/runs|All runs>` : ''
  return {
    text: `${plan.adapter} asks for ${dollars(quote.expectedDollars)}, ${dollars(quote.maxDollars)} at most`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: `Approve a training of ${plan.adapter}?` } },
      {
        type: 'section',
        fields: [
          field('Expected', `${dollars(quote.expectedDollars)} for ${inWords(quote.expectedHours)}`),
          field('At most', `${dollars(quote.maxDollars)}; at the cap ${cap}`),
          field('On', `${chosen.instanceType} in ${chosen.zone}, spot, ${dollars(chosen.spotDollarsPerHour)}/h`),
          field('Trains', plannedTraining(plan)),
          field('Expires', `${quote.expiresAt.slice(0, 16).replace('T', ' ')} UTC`),
          field('Quote', quote.digest.slice(0, 12)),
        ],
      },
      { type: 'section', text: { type: 'mrkdwn', text: `*Considered*\n${plain(consideredText(quote.offers))}` } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `${plain(workflowId)}${where}` }] },
      buttons(notice),
    ],
  }
}

/** The message as it stands after a click: the buttons give way to what came of it. */
export function decidedMessage(blocks: Record<string, unknown>[], decision: Decision): { text: string; blocks: KnownBlock[] } {
  const text = `${decision.approved ? 'Approved' : 'Rejected'} by <@${decision.approver}> (${decision.assurance}), ${decision.at}`
  const kept = blocks.filter((block) => block.type !== 'actions' && block.block_id !== 'refusal') as unknown as KnownBlock[]
  return { text, blocks: [...kept, { type: 'section', block_id: 'outcome', text: { type: 'mrkdwn', text } }] }
}

/** The message after a click that did not count; `final` when no other click can. */
export function refusedMessage(
  blocks: Record<string, unknown>[],
  { userId, reason, final }: { userId: string; reason: string; final: boolean },
): { text: string; blocks: KnownBlock[] } {
  const text = `<@${userId}>'s click did not count: ${plain(reason)}`.slice(0, 2900)
  const kept = blocks.filter((block) => block.block_id !== 'refusal' && !(final && block.type === 'actions')) as unknown as KnownBlock[]
  return { text, blocks: [...kept, { type: 'section', block_id: 'refusal', text: { type: 'mrkdwn', text } }] }
}
