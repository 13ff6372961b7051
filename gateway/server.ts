import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Settings } from '../contracts/index.js'
import type { Log } from '../telemetry/logs.js'
import { OPERATOR, readTokens } from './bearer.js'
import type { Decider } from './decide.js'
import { decisionRoutes } from './decisions.js'
import { noticeRoutes } from './notices.js'
import { SlackChannel } from './slack/channel.js'
import { slackRoutes } from './slack/routes.js'

const MAX_BODY_BYTES = 256 * 1024

export interface Gateway {
  app: Hono
  /** Resolves when every click that was taken is settled. */
  idle(): Promise<void>
}

export interface GatewayParts {
  settings: Settings
  decider: Pick<Decider, 'decide' | 'runOf'>
  log: Log
  now?: () => number
  /** Counts requests and gives each a span. */
  observe?: MiddlewareHandler
}

const unset = (name: string) => ({ error: { message: `${name} is not set, so this is off.` } })

function slackChannelOf(settings: Settings, log: Log): SlackChannel | undefined {
  const { SLACK_BOT_TOKEN: token, SLACK_CHANNEL: channel, SLACK_API_URL: apiUrl } = settings
  return token && channel ? new SlackChannel({ token, channel, ...(apiUrl ? { apiUrl } : {}), log }) : undefined
}

/** Slack, and the authenticated endpoint for decisions. What is not configured answers 503 and says what is missing. */
export function createGateway({ settings, decider, log, now, observe }: GatewayParts): Gateway {
  const app = new Hono()
  const channel = slackChannelOf(settings, log)
  const { SLACK_SIGNING_SECRET: signingSecret, FORMWRIGHT_ADMIN_TOKEN: adminToken } = settings
  const slack = signingSecret && channel ? slackRoutes({ signingSecret, decider, channel, log, ...(now ? { now } : {}) }) : undefined

  if (observe) app.use(observe)
  app.get('/health', (c) => c.text('ok'))
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.text('More than 256 KiB. Nothing was changed.', 413) }))
  if (slack) app.route('/', slack.routes)
  else app.all('/slack/*', (c) => c.json(unset('SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN or SLACK_CHANNEL'), 503))
  if (adminToken) {
    const tokens = new Map([[OPERATOR, adminToken], ...readTokens(settings.FORMWRIGHT_APPROVER_TOKENS)])
    app.route('/', decisionRoutes(tokens, decider, log))
    app.route('/', noticeRoutes({ adminToken, channel, appUrl: settings.FORMWRIGHT_APP_URL }))
  } else app.all('*', (c) => c.json(unset('FORMWRIGHT_ADMIN_TOKEN'), 503))
  app.notFound((c) => c.json({ error: { message: 'There is no such address.' } }, 404))
  app.onError((error, c) => {
    if ('getResponse' in error) return error.getResponse()
    log.error(error)
    return c.json({ error: { message: 'A mistake of the gateway; its log tells more. Try again.' } }, 502)
  })
  return { app, idle: slack?.idle ?? (async () => {}) }
}
