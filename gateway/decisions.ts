import { Hono } from 'hono'
import { z } from 'zod'
import { Digest } from '../contracts/index.js'
import type { Log } from '../telemetry/logs.js'
import { worksFor } from '../telemetry/work.js'
import { type BearerEnv, bearerOf } from './bearer.js'
import { type Decider, DecisionRefused } from './decide.js'

const Body = z
  .object({
    workflowId: z.string().min(1).max(1000),
    quoteDigest: Digest,
    planDigest: Digest.optional(),
    approve: z.boolean(),
    maxDollars: z.number().min(0).optional(),
    reason: z.string().max(2000).optional(),
    /** May be left out: the token says who decides. */
    approver: z.string().optional(),
  })
  .strict()

/** `POST /decisions`: the token's holder decides, and the run hears that this was verified. */
export function decisionRoutes(tokens: ReadonlyMap<string, string>, decider: Pick<Decider, 'decide' | 'runOf'>, log: Log): Hono<BearerEnv> {
  const routes = new Hono<BearerEnv>()
  routes.post('/decisions', bearerOf(tokens), async (c) => {
    const parsed = Body.safeParse(await c.req.json().catch(() => undefined))
    const refuse = (message: string, status: 400 | 403 | 409) => c.json({ error: { message: `${message}. Nothing was decided.` } }, status)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!
      return refuse(`${issue.path.join('.') || 'body'}: ${issue.message}`, 400)
    }
    const { approver = c.var.bearer, ...decision } = parsed.data
    if (approver !== c.var.bearer) return refuse(`approver: this token is ${c.var.bearer}'s; it cannot decide for ${approver}`, 403)
    worksFor({ run: await decider.runOf(decision.workflowId), stage: 'awaiting-approval' })
    const said = { approver, channel: 'gateway', quote: decision.quoteDigest }
    try {
      const made = await decider.decide({ ...decision, approver, channel: 'gateway' })
      log.info(said, made.approved ? 'approved' : 'rejected')
      return c.json(made)
    } catch (error) {
      if (!(error instanceof DecisionRefused)) throw error
      log.info({ ...said, reason: error.message }, 'a decision did not count')
      return refuse(error.message, 409)
    }
  })
  return routes
}
