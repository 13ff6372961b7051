import { Hono } from 'hono'
import { html, raw } from 'hono/html'
import { renderMarkdown } from '../catalog/markdown.js'

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;margin:8px;color:#1b2430}table{border-collapse:collapse}td,th{padding:2px 10px 2px 0;text-align:left}pre{overflow:auto;background:#0001;padding:8px}body.dark{background:#141414;color:#e8ebf0}body.dark a{color:#8ec5ea}'
/** Styles itself and runs nothing; the Web UI, of the same origin, measures its height. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox allow-same-origin allow-popups"

/**
 * What Temporal's Web UI shows of a run's current details: it puts their Markdown into a frame at `render`, which its own
 * server does not answer when it serves the UI below a path. Answers frames of this origin only, so that nobody can
 * send a link to words of theirs under our address.
 */
export function webUiMarkdown(): Hono {
  const routes = new Hono()
  routes.get('/temporal/render', (c) => {
    if (c.req.header('sec-fetch-dest') !== 'iframe' || c.req.header('sec-fetch-site') !== 'same-origin')
      return c.text('This address is for a frame of the Web UI. Open the run there.', 403)
    c.header('Content-Security-Policy', POLICY)
    const theme = c.req.query('theme') === 'dark' ? 'dark' : 'light'
    return c.html(
      html`<!doctype html><html lang="en"><head><meta charset="utf-8" /><title>Details</title><base target="_blank" /><style>${raw(STYLE)}</style></head><body class="${theme}">${raw(renderMarkdown(c.req.query('content') ?? ''))}</body></html>`,
    )
  })
  return routes
}
