import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Log } from '../../telemetry/logs.js'
import { worksFor } from '../../telemetry/work.js'
import { type Decider, DecisionRefused } from '../decide.js'
import { type Interaction, NotOurInteraction, readInteraction } from './interaction.js'
import { decidedMessage, refusedMessage } from './message.js'
import type { SlackChannel } from './channel.js'
import { Replays } from './replays.js'
import { unverified } from './verify.js'

/** Slack's own payloads for our message are below 10 KiB. */
const MAX_BODY_BYTES = 256 * 1024

export interface SlackParts {
  signingSecret: string
  decider: Pick<Decider, 'decide' | 'runOf'>
  channel: Pick<SlackChannel, 'rewrite'>
  log: Log
  now?: () => number
}

const REFUSALS = {
  'no signature': 'This request bears no signature of Slack. Nothing was changed.',
  forged: 'The signature is not Slack’s for this body. Nothing was changed.',
  stale: 'This request is older than five minutes. Nothing was changed; click again.',
} as const

/** Sends the decision and rewrites the message with what came of it. */
async function settle({ decider, channel, log }: SlackParts, click: Interaction): Promise<void> {
  const at = { channel: click.channel, ts: click.ts }
  const { approve, value, userId } = click
  worksFor({ run: await decider.runOf(value.workflowId), stage: 'awaiting-approval' })
  const said = { approver: userId, channel: 'slack', quote: value.quoteDigest }
  try {
    const decision = await decider.decide({ ...value, approve, approver: userId, channel: 'slack' })
    log.info(said, decision.approved ? 'approved' : 'rejected')
    await channel.rewrite(at, decidedMessage(click.blocks, decision))
  } catch (error) {
    const refused = error instanceof DecisionRefused
    if (refused) log.info({ ...said, reason: error.message }, 'a decision did not count')
    const reason = refused ? error.message : 'the run could not be reached, so nothing was decided. Click again in a minute'
    await channel.rewrite(at, refusedMessage(click.blocks, { userId, reason, final: refused && error.final }))
    if (!refused) throw error
  }
}

/** `POST /slack/interactions`: answers at once, decides after, since Slack waits three seconds at most. */
export function slackRoutes(parts: SlackParts): { routes: Hono; idle: () => Promise<void> } {
  const now = parts.now ?? Date.now
  const replays = new Replays(now)
  const open = new Set<Promise<void>>()
  const routes = new Hono()
  const tooLarge = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.text('More than 256 KiB. Nothing was changed.', 413) })

  routes.post('/slack/interactions', tooLarge, async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer())
    const signature = c.req.header('x-slack-signature')
    const wrong = unverified(parts.signingSecret, { timestamp: c.req.header('x-slack-request-timestamp'), signature, body }, now())
    if (wrong) return c.text(REFUSALS[wrong], 401)
    let click: Interaction
    try {
      click = readInteraction(Buffer.from(body).toString('utf8'))
    } catch (error) {
      if (error instanceof NotOurInteraction) return c.text(`${error.message}. Nothing was changed.`, 400)
      throw error
    }
    if (!replays.isFirst(signature!)) return c.text('This request came before. It is decided once; nothing was changed.', 409)
    const settled = settle(parts, click).catch((error: unknown) => parts.log.error(error))
    open.add(settled)
    void settled.then(() => open.delete(settled))
    return c.body(null, 200)
  })
  return { routes, idle: async () => void (await Promise.all(open)) }
}
