import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie'
import type { Account, Accounts } from './accounts.js'

const COOKIE = 'formwright_session'
const SESSION_HOURS = 12

export interface Signed {
  account: Account
  /** Goes with every form of this session. */
  csrf: string
}
export type AppEnv = { Variables: { signed: Signed } }

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

/** Lets signed-in people through; others go to the sign-in page, and come back after it. */
export const signedIn =
  (sessions: Sessions): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const signed = await sessions.read(c)
    if (!signed) {
      if (c.req.method !== 'GET') return c.text('Your session has ended. Nothing was changed. Sign in and send it again.', 401)
      const { pathname, search } = new URL(c.req.url)
      return c.redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`, 303)
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
  return c.text('This form is not from this session. Nothing was changed. Reload the page and send it again.', 403)
}
