import { z } from 'zod'
import { Digest } from '../../contracts/index.js'

export const APPROVE = 'approve_spend'
export const REJECT = 'reject_spend'

/** What a button carries: which run, and exactly which quote. */
export const ButtonValue = z.object({ workflowId: z.string().min(1), quoteDigest: Digest, planDigest: Digest })
export type ButtonValue = z.infer<typeof ButtonValue>

const Payload = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().min(1), username: z.string().optional(), name: z.string().optional() }),
  container: z.object({ type: z.literal('message'), channel_id: z.string(), message_ts: z.string() }),
  message: z.object({ blocks: z.array(z.record(z.string(), z.unknown())).optional(), text: z.string().optional() }).optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).length(1),
})

/** A click on Approve or Reject. */
export interface Interaction {
  approve: boolean
  value: ButtonValue
  /** Slack's user id: names can be changed, it cannot. */
  userId: string
  channel: string
  ts: string
  blocks: Record<string, unknown>[]
}

/** The body is not a click on our buttons; says what was expected. */
export class NotOurInteraction extends Error {
  override name = 'NotOurInteraction'
}

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotOurInteraction(`${what}: expected JSON`)
  }
}

function parse<T>(schema: z.ZodType<T>, raw: unknown, what: string): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new NotOurInteraction(`${[what, ...issue.path].join('.')}: ${issue.message}`)
}

/** Reads a verified body, `payload=<JSON>` as a form. Throws NotOurInteraction. */
export function readInteraction(body: string): Interaction {
  const payload = parse(Payload, json(new URLSearchParams(body).get('payload') ?? '', 'payload'), 'payload')
  const action = payload.actions[0]!
  if (action.action_id !== APPROVE && action.action_id !== REJECT)
    throw new NotOurInteraction(`payload.actions.0.action_id: expected ${APPROVE} or ${REJECT}, got ${action.action_id.slice(0, 100)}`)
  return {
    approve: action.action_id === APPROVE,
    value: parse(ButtonValue, json(action.value ?? '', 'value'), 'value'),
    userId: payload.user.id,
    channel: payload.container.channel_id,
    ts: payload.container.message_ts,
    blocks: payload.message?.blocks ?? [],
  }
}
