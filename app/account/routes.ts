import { Hono } from 'hono'
import { html } from 'hono/html'
import { z } from 'zod'
import { alert, type Html, layout } from '../html/layout.js'
import { FIRST_ACCOUNT, type Accounts } from './accounts.js'
import { SignInAttempts } from './attempts.js'
import { MAX_PASSWORD_CHARS } from './password.js'
import { ownForms, type Sessions, signedIn } from './session.js'
import type { AppEnv } from './signed.js'

const Form = z.object({ name: z.string().max(100), password: z.string().max(MAX_PASSWORD_CHARS) })

/** Only addresses of this app: a path, not `//elsewhere`. */
const localPath = (next: string | undefined): string => (next && /^\/(?![/\\])/.test(next) ? next : '/')

const page = (accounts: Accounts, next: string, message?: string): Html =>
  layout({
    title: 'Sign in',
    body: html`<section class="narrow">
      <h1>Sign in</h1>
      ${message ? alert(message) : ''}
      <form method="post" action="/sign-in?next=${encodeURIComponent(next)}">
        <label>Account <input name="name" value="${FIRST_ACCOUNT}" autocomplete="username" required maxlength="100" /></label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required maxlength="${MAX_PASSWORD_CHARS}" autofocus />
        </label>
        <button class="main">Sign in</button>
      </form>
      ${
        accounts.untouched
          ? html`<p class="hint">The password was shown once, when the app first started: it is in the log of the app
              (<code>.formwright/logs/app.log</code>). <code>npm run password</code> makes a new one.</p>`
          : html`<p class="hint">Password lost? <code>npm run password</code> makes a new one and ends every session.</p>`
      }
    </section>`,
  })

/** Sign-in and sign-out. */
export function accountRoutes(accounts: Accounts, sessions: Sessions): Hono<AppEnv> {
  const attempts = new SignInAttempts()
  const routes = new Hono<AppEnv>()

  routes.get('/sign-in', (c) => c.html(page(accounts, localPath(c.req.query('next')))))

  routes.post('/sign-in', async (c) => {
    const next = localPath(c.req.query('next'))
    const form = Form.safeParse(await c.req.parseBody())
    if (!form.success) return c.html(page(accounts, next, 'Give an account and a password.'), 400)
    const { name, password } = form.data
    const wait = attempts.waitSeconds(name)
    if (wait > 0) {
      c.header('Retry-After', String(wait))
      return c.html(page(accounts, next, `Too many wrong passwords. Try again in ${Math.ceil(wait / 60)} minutes.`), 429)
    }
    const account = await accounts.signIn(name, password)
    if (!account) {
      attempts.failed(name)
      return c.html(page(accounts, next, 'That is not the account and its password.'), 403)
    }
    attempts.succeeded(name)
    await sessions.start(c, account)
    return c.redirect(next, 303)
  })

  // For a page that is open: who is signed in now, and the token that its forms need.
  routes.get('/session', async (c) => {
    const signed = await sessions.read(c)
    c.header('Cache-Control', 'no-store')
    return signed ? c.json({ account: signed.account.id, csrf: signed.csrf }) : c.json({}, 401)
  })

  routes.post('/sign-out', signedIn(sessions), ownForms, (c) => {
    sessions.end(c, c.var.signed.account)
    return c.redirect('/sign-in', 303)
  })
  return routes
}
