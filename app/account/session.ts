import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'
import { refusal } from '../html/layout.js'
import type { Account, Accounts } from './accounts.js'
import type { AppEnv, Signed } from './signed.js'

const COOKIE = 'formwright_session'
const SESSION_HOURS = 12

/** Sessions in signed cookies: account, epoch and expiry, nothing else. */
export class Sessions {
  private readonly key: string

  constructor(
    private readonly accounts: Accounts,
    private readonly secure: boolean,
  ) {
    this.key = accounts.cookieKey()
  }

  async start(c: Context, account: Account): Promise<void> {
    const expires = Date.now() + SESSION_HOURS * 3_600_000
    const value = [account.id, account.epoch, expires, randomBytes(12).toString('base64url')].join('.')
    await setSignedCookie(c, COOKIE, value, this.key, {
      httpOnly: true,
      sameSite: 'Lax',
      secure: this.secure,
      path: '/',
      maxAge: SESSION_HOURS * 3600,
    })
  }

  async read(c: Context): Promise<Signed | undefined> {
    const value = await getSignedCookie(c, this.key, COOKIE)
    if (!value) return undefined
    const [id, epoch, expires] = value.split('.').map(Number)
    const account = this.accounts.byId(id ?? 0)
    if (!account || account.epoch !== epoch || !(Date.now() < (expires ?? 0))) return undefined
    return { account, csrf: createHmac('sha256', this.key).update(`csrf ${value}`).digest('base64url') }
  }

  /** Ends this account's sessions everywhere, since a signed cookie cannot be called back one by one. */
  end(c: Context, account: Account): void {
    this.accounts.endSessions(account.id)
    deleteCookie(c, COOKIE, { path: '/' })
  }
}

/** The page of this app that a form was sent from. */
function cameFrom(c: Context): string {
  const [from, here] = [c.req.header('referer') ?? '', new URL(c.req.url)]
  if (!URL.canParse(from) || new URL(from).host !== here.host) return '/'
  return new URL(from).pathname + new URL(from).search
}

/** Lets signed-in people through; others go to the sign-in page, and come back after it. */
export const signedIn =
  (sessions: Sessions): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const signed = await sessions.read(c)
    if (!signed) {
      const { pathname, search } = new URL(c.req.url)
      if (c.req.method === 'GET') return c.redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`, 303)
      const signIn = `/sign-in?next=${encodeURIComponent(cameFrom(c))}`
      const what = 'Your session has ended, so nothing was changed. Sign in, then do it again.'
      return c.html(refusal('Signed out', what, { href: signIn, name: 'Sign in' }), 401)
    }
    c.set('signed', signed)
    return next()
  }

function isToken(signed: Signed, token: unknown): boolean {
  if (typeof token !== 'string') return false
  const [given, expected] = [Buffer.from(token), Buffer.from(signed.csrf)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Refuses what changes anything and does not bear this session's token. */
export const ownForms: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
  const { csrf } = await c.req.parseBody()
  if (isToken(c.var.signed, csrf)) return next()
  const what = 'What was sent is not from a page of this session, so nothing was changed. Open the page anew and do it again.'
  return c.html(refusal('Not taken', what, { href: cameFrom(c), name: 'Open the page anew' }), 403)
}
