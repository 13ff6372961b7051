import { html } from 'hono/html'
import type { Signed } from '../account/signed.js'

/** What hono's `html` makes: text that is already escaped. */
export type Html = ReturnType<typeof html>

export const SECTIONS = [
  { id: 'extract', href: '/', name: 'Extract' },
  { id: 'settings', href: '/settings/variants/extraction', name: 'Settings' },
  { id: 'catalog', href: '/catalog', name: 'Catalog' },
  { id: 'runs', href: '/runs', name: 'Runs' },
] as const

/** In the order of their cascade. */
const STYLES = ['style.css', 'parts.css', 'form.css']

export interface Page {
  title: string
  section?: (typeof SECTIONS)[number]['id']
  signed?: Signed
  /** Module in app/static/ that the page runs. */
  script?: string
  /** Uses the whole width. */
  wide?: boolean
  /** Fills the window, its parts scroll by themselves. */
  fill?: boolean
  body: Html
}

const menu = (page: Page, signed: Signed): Html => html`
  <nav aria-label="Main">
    <ul>
      ${SECTIONS.map((s) => html`<li><a href="${s.href}" ${s.id === page.section ? html`aria-current="page"` : ''}>${s.name}</a></li>`)}
    </ul>
  </nav>
  <form class="who" method="post" action="/sign-out">
    <input type="hidden" name="csrf" value="${signed.csrf}" />
    <span>${signed.account.name}</span>
    <button class="quiet">Sign out</button>
  </form>`

/** A whole page. */
export const layout = (page: Page): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${page.title} · Formwright</title>
    <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
    ${STYLES.map((name) => html`<link rel="stylesheet" href="/static/${name}" />`)}
    ${page.script ? html`<script type="module" src="/static/${page.script}"></script>` : ''}
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header>
      <a class="brand" href="/">Formwright</a>
      ${page.signed ? menu(page, page.signed) : ''}
    </header>
    <main id="main" tabindex="-1" class="${page.wide ? 'wide' : ''} ${page.fill ? 'fill' : ''}">${page.body}</main>
  </body>
</html>`

/** What went wrong and what to do, as an alert. */
export const alert = (message: string): Html => html`<p class="alert" role="alert">${message}</p>`
/** A whole page that says why something was not done, and where to go on. */
export const refusal = (title: string, what: string, on = { href: '/', name: 'Extract a form' }): Html =>
  layout({ title, body: html`<h1>${title}</h1>${alert(what)}<p><a href="${on.href}">${on.name}</a></p>` })
/** What was done. */
export const notice = (message: string): Html => html`<p class="notice" role="status">${message}</p>`
