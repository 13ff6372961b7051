import { type Context, Hono } from 'hono'
import { html, raw } from 'hono/html'
import type { AppEnv } from '../account/session.js'
import { when } from '../html/format.js'
import { alert, type Html, layout } from '../html/layout.js'
import { renderMarkdown, titleOf } from './markdown.js'
import type { CatalogSource } from './source.js'

/** A chart may style itself; it is shown as a picture and runs nothing. */
const SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; sandbox"

const link = (href: string, path: string): Html => html`<li><a href="${href}">${path}</a></li>`

const index = (pages: string[], runs: Awaited<ReturnType<CatalogSource['runs']>>): Html => html`<h1>Catalog</h1>
  <p>Every run writes its page, whatever its ending. Pages are rendered from the JSON beside them.</p>
  <h2>In this checkout</h2>
  ${pages.length === 0 ? html`<p>No page yet.</p>` : html`<ul class="plain">${pages.map((path) => link(`/catalog/pages/${path}`, path))}</ul>`}
  <h2>Committed by runs, not merged yet</h2>
  ${
    runs.length === 0
      ? html`<p>None. A run commits its page on a branch <code>catalog/&lt;run&gt;</code>.</p>`
      : html`<ul class="plain">
          ${runs.map(
            ({ run, at, files }) => html`<li>
              <strong>${run}</strong> <span class="hint">${when(at)}</span>
              <ul>${files.filter((path) => path.endsWith('.md')).map((path) => link(`/catalog/runs/${run}/${path}`, path))}</ul>
            </li>`,
          )}
        </ul>`
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
    return c.html(layout({ title: titleOf(text) ?? path, section: 'catalog', signed, body }))
  }

  routes.get('/catalog', async (c) => {
    const [pages, runs] = await Promise.all([source.pages(), source.runs()])
    return c.html(layout({ title: 'Catalog', section: 'catalog', signed: c.var.signed, body: index(pages, runs) }))
  })
  routes.get('/catalog/pages/:path{.+}', async (c) => show(c, c.req.param('path'), await source.read(c.req.param('path'))))
  routes.get('/catalog/runs/:run/:path{.+}', async (c) =>
    show(c, c.req.param('path'), await source.readOf(c.req.param('run'), c.req.param('path'))),
  )
  return routes
}
