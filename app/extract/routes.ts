import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { AgencyKind, VariantId } from '../../contracts/index.js'
import { MAX_PDF_BYTES } from '../../extraction/describe/limits.js'
import type { AppEnv } from '../account/signed.js'
import { alert, layout } from '../html/layout.js'
import type { Choices } from '../variants/choices.js'
import type { HealthCheck } from '../variants/health.js'
import type { CandidateFolder } from './candidates.js'
import { correct, CorrectionRefused } from './correct.js'
import { fillMappingOf, jsonSchemaOf } from './downloads.js'
import type { FixtureShelf } from './fixtures.js'
import type { Jobs } from './jobs.js'
import { extractPage } from './page.js'
import { ReadingFailed } from './reading-failed.js'
import type { Reader } from './reader.js'
import { resultPage } from './result-page.js'
import type { Extraction, ExtractionStore } from './store.js'

export interface ExtractParts {
  store: ExtractionStore
  reader: Reader
  jobs: Jobs
  fixtures: FixtureShelf
  candidates: CandidateFolder
  choices: Choices
  health: Pick<HealthCheck, 'of'>
}

const RECENT = 8

/** Pages and calls of extraction. */
export function extractRoutes(parts: ExtractParts): Hono<AppEnv> {
  const { store, reader, jobs, fixtures, candidates, choices, health } = parts
  const routes = new Hono<AppEnv>()

  const start = async (c: Context<AppEnv>, message?: string) => {
    const { signed } = c.var
    const variant = choices.of(signed.account.id)
    const [shelf, { canRun, text }] = await Promise.all([fixtures.list(), health.of(variant)])
    return extractPage({
      signed,
      variant,
      fixtures: shelf,
      recent: store.recent(signed.account.id, RECENT),
      maxMiB: MAX_PDF_BYTES / 2 ** 20,
      ...(canRun ? {} : { unwell: text }),
      ...(message ? { message } : {}),
    })
  }
  const own = (c: Context<AppEnv>): Extraction | undefined => store.byId(c.req.param('id') ?? '', c.var.signed.account.id)
  const missing = (c: Context<AppEnv>) =>
    c.html(
      layout({
        title: 'Not found',
        section: 'extract',
        signed: c.var.signed,
        body: alert('There is no such extraction. It may have been replaced by newer ones.'),
      }),
      404,
    )

  routes.get('/', async (c) => c.html(await start(c)))

  routes.post('/extractions', async (c) => {
    const { pdf, fixture } = await c.req.parseBody()
    const bytes = pdf instanceof File ? new Uint8Array(await pdf.arrayBuffer()) : await fixtures.pdf(String(fixture ?? ''))
    if (!bytes) return c.html(await start(c, 'There is no form in what was sent. Choose a PDF, or one of our sample forms.'), 400)
    const name = pdf instanceof File ? pdf.name.slice(0, 200) || 'form.pdf' : `${String(fixture)}.pdf`
    const { account } = c.var.signed
    try {
      const description = await reader.describe(bytes)
      const variant = choices.of(account.id)
      const id = await store.create(account.id, name, bytes, description, variant)
      jobs.start(id, bytes, variant, description)
      return c.redirect(`/extractions/${id}`, 303)
    } catch (error) {
      if (error instanceof ReadingFailed) return c.html(await start(c, `${name}: ${error.message}`), 422)
      throw error
    }
  })

  routes.get('/extractions/:id', (c) => {
    const extraction = own(c)
    if (!extraction) return missing(c)
    const done = { saved: 'Your corrections are saved.', candidate: 'Kept as a candidate pair, to be reviewed before any training.' }[
      c.req.query('done') ?? ''
    ]
    return c.html(resultPage({ signed: c.var.signed, extraction, ...(done ? { done } : {}) }))
  })

  routes.get('/extractions/:id/events', (c) => {
    const extraction = own(c)
    if (!extraction) return missing(c)
    return streamSSE(c, async (stream) => {
      const closed = new AbortController()
      stream.onAbort(() => closed.abort())
      for await (const progress of jobs.follow(extraction.id, closed.signal))
        await stream.writeSSE({ event: 'windows', data: JSON.stringify(progress) })
      const state = store.byId(extraction.id, extraction.account)?.state ?? 'failed'
      await stream.writeSSE({ event: 'end', data: JSON.stringify({ state }) })
    })
  })

  routes.get('/extractions/:id/form.pdf', async (c) => {
    const extraction = own(c)
    if (!extraction) return missing(c)
    c.header('Content-Type', 'application/pdf')
    c.header('Content-Disposition', 'inline; filename="form.pdf"')
    return c.body(new Uint8Array(await store.pdf(extraction.pdf)))
  })

  routes.get('/extractions/:id/markers.json', (c) => {
    const extraction = own(c)
    if (!extraction) return missing(c)
    const { pages, markers } = extraction.description
    return c.json({
      pages: pages.map(({ page, width, height }) => ({ page, width, height })),
      markers: markers.map(({ id, page, rect, paperOnly }) => ({ id, page, rect, paperOnly: paperOnly ?? false })),
    })
  })

  const download = (name: string, make: (e: Extraction & { spec: object }) => object) =>
    routes.get(`/extractions/:id/${name}.json`, (c) => {
      const extraction = own(c)
      if (!extraction?.spec) return missing(c)
      c.header('Content-Disposition', `attachment; filename="${extraction.spec.id}.${name}.json"`)
      return c.body(`${JSON.stringify(make(extraction as Extraction & { spec: object }), null, 2)}\n`, 200, {
        'Content-Type': 'application/json',
      })
    })
  download('spec', (e) => e.spec)
  download('schema', (e) => jsonSchemaOf(e.spec!, e.mapping!, e.description))
  download('mapping', (e) => fillMappingOf(e.spec!, e.mapping!, e.pdf, e.result?.provenance))

  routes.post('/extractions/:id/spec', async (c) => {
    const extraction = own(c)
    if (!extraction?.spec || !extraction.mapping) return missing(c)
    const form = await c.req.parseBody()
    try {
      const { spec, mapping } = correct(extraction.spec, extraction.mapping, form)
      store.correct(extraction.id, spec, mapping)
      return c.redirect(`/extractions/${extraction.id}?done=saved`, 303)
    } catch (error) {
      if (error instanceof CorrectionRefused) return c.html(resultPage({ signed: c.var.signed, extraction, message: error.message }), 422)
      throw error
    }
  })

  routes.post('/extractions/:id/candidate', async (c) => {
    const extraction = own(c)
    if (!extraction?.spec) return missing(c)
    const parsed = AgencyKind.safeParse((await c.req.parseBody()).kind)
    if (!parsed.success)
      return c.html(resultPage({ signed: c.var.signed, extraction, message: 'Choose the kind of form. Nothing was kept.' }), 422)
    store.markCandidate(extraction.id, await candidates.keep(extraction, parsed.data, c.var.signed.account.name))
    return c.redirect(`/extractions/${extraction.id}?done=candidate`, 303)
  })

  routes.post('/extractions/:id/again', async (c) => {
    const extraction = own(c)
    if (!extraction) return missing(c)
    if (extraction.state !== 'running') {
      const variant = VariantId.parse(choices.of(c.var.signed.account.id))
      store.restart(extraction.id, variant)
      jobs.start(extraction.id, new Uint8Array(await store.pdf(extraction.pdf)), variant, extraction.description)
    }
    return c.redirect(`/extractions/${extraction.id}`, 303)
  })

  routes.post('/extractions/:id/stop', async (c) => {
    const extraction = own(c)
    if (!extraction) return missing(c)
    jobs.stop(extraction.id)
    return c.redirect(`/extractions/${extraction.id}`, 303)
  })
  return routes
}
