import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { Digest, runNameOf } from '../../contracts/index.js'
import type { Log } from '../../telemetry/logs.js'
import { worksFor } from '../../telemetry/work.js'
import type { AppEnv } from '../account/signed.js'
import { alert, layout, refusal } from '../html/layout.js'
import { decide, DecisionRefused } from './decide.js'
import { runPage, runsPage } from './page.js'
import type { Runs } from './temporal.js'

const BACK = { href: '/runs', name: 'Back to the runs' }
const One = z.object({ id: z.string().min(1).max(1000), run: z.uuid() })
const Form = z.object({
  workflowId: z.string().min(1).max(1000),
  runId: z.uuid(),
  quoteDigest: Digest,
  planDigest: Digest,
  approve: z.enum(['true', 'false']).transform((text) => text === 'true'),
  maxDollars: z.coerce.number().min(0),
  reason: z.string().max(2000).optional(),
})

/** Runs, and decisions on their quotes. */
export function runRoutes(runs: Runs, key: string | undefined, log: Log): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()

  const one = async (c: Context<AppEnv>, at: z.infer<typeof One>, told: { message?: string; done?: string } = {}) => {
    const run = await runs.describe(at.id, at.run)
    const progress = await runs.progress(at.id, at.run).catch(() => undefined)
    return runPage({ signed: c.var.signed, run, progress, ui: runs.uiOf(at.id, at.run), ...told })
  }
  const missing = (c: Context<AppEnv>) =>
    c.html(
      layout({
        title: 'Not found',
        section: 'runs',
        signed: c.var.signed,
        body: alert('There is no such run here, or Temporal does not answer.'),
      }),
      404,
    )

  routes.get('/runs', async (c) => c.html(runsPage(c.var.signed, await runs.list().catch(() => undefined), runs)))

  routes.get('/runs/one', async (c) => {
    const at = One.safeParse(c.req.query())
    if (!at.success) return missing(c)
    const done = { approved: 'Approved. The training begins.', rejected: 'Rejected. The run writes its page and ends.' }[
      c.req.query('done') ?? ''
    ]
    worksFor({ run: runNameOf(at.data.id, at.data.run), stage: null })
    return one(c, at.data, done ? { done } : {}).then(
      (page) => c.html(page),
      (error: unknown) => {
        log.warn(error)
        return missing(c)
      },
    )
  })

  routes.post('/runs/decide', async (c) => {
    const { account } = c.var.signed
    if (!account.approver) return c.html(refusal('Not decided', 'Your account may not decide on quotes. Nothing was changed.', BACK), 403)
    const form = Form.safeParse(await c.req.parseBody())
    if (!form.success) {
      const { path, message } = form.error.issues[0]!
      return c.html(refusal('Not decided', `${path.join('.')}: ${message}. Nothing was decided.`, BACK), 422)
    }
    const { approve, maxDollars, workflowId, runId, ...rest } = form.data
    const own = { ...rest, workflowId, runId, approve, ...(approve ? { maxDollars } : {}), approver: account.name }
    worksFor({ run: runNameOf(workflowId, runId), stage: 'awaiting-approval' })
    const done = approve ? 'approved' : 'rejected'
    try {
      await decide(runs.client, key, own)
      log.info({ approver: account.name, quote: own.quoteDigest }, done)
      return c.redirect(`/runs/one?id=${encodeURIComponent(workflowId)}&run=${runId}&done=${done}`, 303)
    } catch (error) {
      if (!(error instanceof DecisionRefused)) throw error
      log.info({ approver: account.name, quote: own.quoteDigest, reason: error.message }, 'a decision did not count')
      return c.html(await one(c, { id: workflowId, run: runId }, { message: `Not decided: ${error.message}` }), 409)
    }
  })
  return routes
}
