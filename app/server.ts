import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { csrf } from 'hono/csrf'
import { html } from 'hono/html'
import { secureHeaders } from 'hono/secure-headers'
import { MAX_PDF_BYTES } from '../extraction/describe/limits.js'
import type { Log } from '../telemetry/logs.js'
import type { Accounts } from './account/accounts.js'
import { accountRoutes } from './account/routes.js'
import { ownForms, type Sessions, signedIn } from './account/session.js'
import type { AppEnv } from './account/signed.js'
import { catalogRoutes } from './catalog/routes.js'
import type { CatalogSource } from './catalog/source.js'
import { type ExtractParts, extractRoutes } from './extract/routes.js'
import { alert, layout, refusal } from './html/layout.js'
import { runRoutes } from './runs/routes.js'
import type { Runs } from './runs/temporal.js'
import { webUiMarkdown } from './runs/web-ui-markdown.js'
import { staticFiles } from './static-files.js'
import type { CatalogFigures } from './variants/figures.js'
import type { HealthCheck } from './variants/health.js'
import { variantRoutes } from './variants/routes.js'

/** The PDF and the few words of its form. */
const MAX_UPLOAD_BYTES = MAX_PDF_BYTES + 64 * 1024
const MAX_REFUSED_BYTES = 128 * 2 ** 20
/** A long form corrected: some hundred bytes a field. */
const MAX_FORM_BYTES = 4 * 2 ** 20

export interface AppParts {
  root: string
  accounts: Accounts
  sessions: Sessions
  extract: ExtractParts
  health: Pick<HealthCheck, 'all'>
  figures: Pick<CatalogFigures, 'latest'>
  catalog: CatalogSource
  runs: Runs
  decisionKey: string | undefined
  log: Log
  /** Counts requests and gives each a span. */
  observe?: MiddlewareHandler
}

const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    fontSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    workerSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'same-origin',
})

/** Origin and Host name the same address, whatever proxy stands in front. */
const sameHost = (origin: string, host: string | undefined): boolean => URL.canParse(origin) && new URL(origin).host === host

const tooLarge = (bytes: number) =>
  `What was sent has more than ${Math.floor(bytes / 2 ** 20)} MiB. Nothing was kept; choose a smaller file.`

/** The whole app. */
export function createApp(parts: AppParts): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  if (parts.observe) app.use(parts.observe)
  app.use(async (c, next) => {
    await next()
    // Charts bring a policy of their own.
    if (c.res.headers.has('Content-Security-Policy')) c.res.headers.set('X-Content-Type-Options', 'nosniff')
    else await headers(c, async () => {})
  })
  app.get('/health', (c) => c.text('ok'))
  app.route('/static', staticFiles(parts.root))
  app.route('/', webUiMarkdown())
  app.use(csrf({ origin: (origin, c) => sameHost(origin, c.req.header('host')) }))
  app.use('/extractions', limit(MAX_UPLOAD_BYTES))
  app.use('/extractions/:id/*', limit(MAX_FORM_BYTES))
  app.use('/runs/*', limit(64 * 1024))
  app.use('/settings/*', limit(64 * 1024))
  app.use('/sign-in', limit(64 * 1024))
  app.use('/sign-out', limit(64 * 1024))
  app.route('/', accountRoutes(parts.accounts, parts.sessions))
  app.use(signedIn(parts.sessions), ownForms)
  app.use(async (c, next) => {
    await next()
    c.res.headers.set('Cache-Control', 'no-store')
  })
  app.route('/', extractRoutes(parts.extract))
  app.route('/', variantRoutes(parts.extract.choices, parts.health, parts.figures))
  app.route('/', catalogRoutes(parts.catalog))
  app.route('/', runRoutes(parts.runs, parts.decisionKey, parts.log))
  app.notFound((c) =>
    c.html(
      layout({
        title: 'Not found',
        ...(c.var.signed ? { signed: c.var.signed } : {}),
        body: html`<h1>Not found</h1>${alert('There is no such page.')}<p><a href="/">Extract a form</a></p>`,
      }),
      404,
    ),
  )
  app.onError((error, c) => {
    if ('getResponse' in error) return error.getResponse()
    parts.log.error(error)
    const what = 'That did not work, by no fault of yours. What was saved before is kept. The log of the app tells more.'
    return c.html(refusal('A mistake of the app', what), 500)
  })
  return app
}

/** Reads on for a while what is refused anyway: a browser shows no answer that comes before it has sent everything. */
async function readOn(body: ReadableStream<Uint8Array> | null): Promise<void> {
  const reader = body?.getReader()
  for (let bytes = 0; reader && bytes < MAX_REFUSED_BYTES; ) {
    const { done, value } = await reader.read()
    if (done) return
    bytes += value.length
  }
}

const limit = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: async (c) => {
      await readOn(c.req.raw.body).catch(() => undefined)
      return c.html(refusal('Too large', tooLarge(maxSize)), 413)
    },
  })
