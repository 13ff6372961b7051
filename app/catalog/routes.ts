import { type Context, Hono } from 'hono'
import { html, raw } from 'hono/html'
import type { AppEnv } from '../account/signed.js'
import { when } from '../html/format.js'
import { alert, type Html, layout } from '../html/layout.js'
import { renderMarkdown, titleOf } from './markdown.js'
import type { CatalogSource, TitledPage } from './source.js'

/** A chart may style itself; it is shown as a picture and runs nothing. */
const SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; sandbox"

const entry = (href: string, { path, title }: TitledPage): Html =>
  html`<li><a href="${href}">${title ?? path}</a><span class="hint">${path}</span></li>`

type RunPages = { run: string; at: string; pages: TitledPage[] }

const index = (pages: TitledPage[], runs: RunPages[]): Html => html`<h1>Catalog</h1>
  <p class="lead">What was tried, and what came of it. Every run that trains a model writes a page here, also when nothing good came
    out; its figures and charts are drawn from the JSON that the run left beside it.</p>
  <h2>Merged</h2>
  ${pages.length === 0 ? html`<p>No page yet.</p>` : html`<ul class="plain listed">${pages.map((page) => entry(`/catalog/pages/${page.path}`, page))}</ul>`}
  <h2>Committed by runs, not merged yet</h2>
  ${
    runs.length === 0
      ? html`<p>None. A run commits its page on a git branch of its own, <code>catalog/&lt;run&gt;</code>, for you to merge.</p>`
      : runs.map(
          ({ run, at, pages: own }) => html`<h3><code>catalog/${run}</code> <span class="hint">${when(at)}</span></h3>
            <ul class="plain listed">${own.map((page) => entry(`/catalog/runs/${run}/${page.path}`, page))}</ul>`,
        )
  }`

/** Catalog pages with their charts. */
export function catalogRoutes(source: CatalogSource): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()

  const show = (c: Context<AppEnv>, path: string, text: string | undefined) => {
    const { signed } = c.var
    if (text === undefined)
      return c.html(
        layout({ title: 'Not found', section: 'catalog', signed, body: html`<h1>Not found</h1>${alert('The catalog has no such page.')}` }),
        404,
      )
    if (path.endsWith('.svg')) return c.body(text, 200, { 'Content-Type': 'image/svg+xml', 'Content-Security-Policy': SVG_POLICY })
    if (path.endsWith('.json')) return c.body(text, 200, { 'Content-Type': 'application/json; charset=utf-8' })
    const body = html`<article class="markdown">${titleOf(text) ? '' : html`<h1>${path}</h1>`}${raw(renderMarkdown(text))}</article>`
    return c.html(layout({ title: titleOf(text) ?? path, section: 'catalog', signed, wide: true, body }))
  }

  routes.get('/catalog', async (c) => {
    const [pages, runs] = await Promise.all([source.pages(), source.runs()])
    const ofRuns = await Promise.all(runs.map(async (one) => ({ ...one, pages: await source.pagesOf(one) })))
    return c.html(layout({ title: 'Catalog', section: 'catalog', signed: c.var.signed, body: index(pages, ofRuns) }))
  })
  routes.get('/catalog/pages/:path{.+}', async (c) => show(c, c.req.param('path'), await source.read(c.req.param('path'))))
  routes.get('/catalog/runs/:run/:path{.+}', async (c) =>
    show(c, c.req.param('path'), await source.readOf(c.req.param('run'), c.req.param('path'))),
  )
  return routes
}
