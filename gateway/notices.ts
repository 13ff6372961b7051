import { Hono } from 'hono'
import type { z } from 'zod'
import { QuoteNotice, RunNotice } from '../contracts/index.js'
import { type BearerEnv, bearerOf, OPERATOR } from './bearer.js'
import type { SlackChannel } from './slack/channel.js'
import { quoteMessage } from './slack/message.js'

export interface NoticeParts {
  adminToken: string
  /** Absent: nobody configured Slack, and the notices end here. */
  channel: Pick<SlackChannel, 'post' | 'say'> | undefined
  appUrl: string | undefined
}

/** `POST /notices/quote` and `/notices/run`: what the worker wants people to hear. */
export function noticeRoutes({ adminToken, channel, appUrl }: NoticeParts): Hono<BearerEnv> {
  const routes = new Hono<BearerEnv>()
  const bearer = bearerOf(new Map([[OPERATOR, adminToken]]))

  const take = <T>(path: string, schema: z.ZodType<T>, tell: (to: NonNullable<NoticeParts['channel']>, notice: T) => Promise<void>) =>
    routes.post(path, bearer, async (c) => {
      const parsed = schema.safeParse(await c.req.json().catch(() => undefined))
      if (!parsed.success) {
        const issue = parsed.error.issues[0]!
        return c.json({ error: { message: `${issue.path.join('.') || 'body'}: ${issue.message}. Nobody was told.` } }, 400)
      }
      if (channel) await tell(channel, parsed.data)
      return c.json({ told: channel ? ['slack'] : [] })
    })

  take('/notices/quote', QuoteNotice, (to, notice) => to.post(quoteMessage(notice, appUrl)))
  take('/notices/run', RunNotice, (to, notice) => to.say(notice.text))
  return routes
}
