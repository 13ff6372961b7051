import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { DataCollectionSpec } from '../contracts/index.js'
import { observeRequests } from '../telemetry/http.js'
import { createLog } from '../telemetry/logs.js'
import { hashPassword } from './account/password.js'
import { composeApp, type RunningApp } from './compose.js'
import { readConfig } from './config.js'
import { openDatabase } from './storage/database.js'
import { formPdf } from './testing/raw-pdf.js'
import { Visitor } from './testing/visitor.js'

describe('the app', () => {
  let stateDir: string
  let running: RunningApp
  let visitor: Visitor
  const lines: { level: string; run: string | null; stage: string | null; message: string }[] = []
  const log = createLog('app', { write: (line) => void lines.push(JSON.parse(line)) })
  const env = () => ({
    FORMWRIGHT_STATE_DIR: stateDir,
    FORMWRIGHT_TEMPORAL_ADDRESS: '127.0.0.1:9',
    FORMWRIGHT_INFERENCE_URL: 'http://127.0.0.1:9',
  })
  const stranger = () => new Visitor((request) => running.app.fetch(request))

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'formwright-server-'))
    running = await composeApp(readConfig(env()), log, observeRequests('app').middleware)
    visitor = stranger()
    expect((await visitor.signIn(running.firstPassword!)).status).toBe(303)
    await visitor.post('/settings/variants/extraction', { variant: 'extraction/rules-v1' })
  }, 120_000)
  afterAll(async () => {
    await running.close()
    await rm(stateDir, { recursive: true, force: true })
  })
  afterEach(() => {
    expect(lines.splice(0)).toEqual([])
  })

  const upload = (as: Visitor, options?: { token?: boolean; origin?: string }) =>
    as.post('/extractions', { pdf: new File([new Uint8Array(formPdf())], 'my form.pdf') }, options)
  const finished = async (path: string): Promise<string> => {
    for (;;) {
      const page = await (await visitor.get(path)).text()
      if (!page.includes('id="running"')) return page
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  test('sends strangers to the sign-in page, and back to where they wanted', async () => {
    const answer = await stranger().get('/runs?x=1')
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/sign-in?next=%2Fruns%3Fx%3D1')
    const back = await stranger().post('/sign-in?next=%2Fruns', { name: 'owner', password: running.firstPassword! }, { token: false })
    expect(back.headers.get('location')).toBe('/runs')
  })

  test.each(['//evil.example', 'https://evil.example', '/\\evil.example'])('never sends anyone away to %s', async (next) => {
    const answer = await stranger().post(
      `/sign-in?next=${encodeURIComponent(next)}`,
      { name: 'owner', password: running.firstPassword! },
      { token: false },
    )
    expect(answer.headers.get('location')).toBe('/')
  })

  test('keeps its session in a signed cookie that scripts cannot read, and a changed one is none', async () => {
    const answer = await stranger().post('/sign-in', { name: 'owner', password: running.firstPassword! }, { token: false })
    const cookie = answer.headers.getSetCookie()[0]!
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Lax/)
    const [name, value] = cookie.split(';')[0]!.split('=') as [string, string]
    const other = `${name}=${value.replace(/^1\./, '2.')}`
    const page = await running.app.fetch(new Request('http://127.0.0.1:8091/', { headers: { cookie: other } }))
    expect(page.status).toBe(303)
  })

  test('asks the one who guesses passwords to wait', async () => {
    const guesser = stranger()
    const guess = () => guesser.post('/sign-in', { name: 'guessed', password: 'wrong' }, { token: false })
    for (let i = 0; i < 8; i++) expect((await guess()).status).toBe(403)
    const answer = await guess()
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(500)
  })

  test('has a policy without inline scripts or styles, and no page that breaks it', async () => {
    const answer = await visitor.get('/')
    const policy = answer.headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe-inline')
    for (const path of ['/', '/settings/variants/extraction', '/catalog', '/runs'])
      expect(await (await visitor.get(path)).text()).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=/)
  })

  test('takes nothing from a form of another page or session', async () => {
    expect((await upload(visitor, { token: false })).status).toBe(403)
    expect((await upload(visitor, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await visitor.post('/runs/decide', { approve: 'true' }, { token: false })).status).toBe(403)
    expect((await upload(stranger())).status).toBe(401)
  })

  test('tells a person whose session has ended what was not done and where to sign in', async () => {
    const answer = await stranger().post('/settings/variants/extraction', { variant: 'extraction/rules-v1' })
    expect(answer.status).toBe(401)
    const page = await answer.text()
    expect(Visitor.alertOf(page)).toMatch(/Your session has ended, so nothing was changed/)
    expect(page).toContain('href="/sign-in?next=')
    const wrong = await visitor.post('/settings/variants/extraction', { variant: 'extraction/rules-v1' }, { token: false })
    expect(Visitor.alertOf(await wrong.text())).toMatch(/not from a page of this session, so nothing was changed/)
  })

  test('tells an open page its session’s token, and nobody else', async () => {
    const { csrf } = (await (await visitor.get('/session')).json()) as { csrf: string }
    const saved = await visitor.post('/settings/variants/extraction', { variant: 'extraction/rules-v1', csrf }, { token: false })
    expect(saved.status).toBe(303)
    const other = await stranger().get('/session')
    expect([other.status, await other.json()]).toEqual([401, {}])
  })

  test('extracts an upload, keeps the corrections and hands them out', async () => {
    const path = (await upload(visitor)).headers.get('location')!
    expect(await finished(path)).toContain('Full name')
    const saved = await visitor.post(`${path}/spec`, {
      'label.0': 'Whole name',
      'fieldName.0': 'wholeName',
      'fieldType.0': 'text',
      'sensitivity.0': 'pii',
      'helpText.0': '',
      'group.0': 'general',
      title: 'A form',
    })
    expect(saved.status).toBe(303)
    const spec = DataCollectionSpec.parse(await (await visitor.get(`${path}/spec.json`)).json())
    expect(spec).toMatchObject({ title: 'A form', groups: [{ requirements: [{ label: 'Whole name', sensitivity: 'pii' }] }] })
    expect(await (await visitor.get(`${path}/mapping.json`)).json()).toMatchObject({
      fields: { wholeName: { widgets: [{ name: 'name', page: 1, index: 0 }] } },
    })
    expect(await (await visitor.get(`${path}/schema.json`)).json()).toMatchObject({ properties: { wholeName: { type: 'string' } } })
    const pdf = await visitor.get(`${path}/form.pdf`)
    expect(new Uint8Array(await pdf.arrayBuffer())).toEqual(formPdf())
  }, 90_000)

  test('streams the progress of an extraction and its end', async () => {
    const path = (await upload(visitor)).headers.get('location')!
    const events = await (await visitor.get(`${path}/events`)).text()
    expect(events).toMatch(/event: end\ndata: \{"state":"done"\}/)
  }, 90_000)

  test('escapes what a form and its file are called', async () => {
    const pdf = new File([new Uint8Array(formPdf())], '<img src=x onerror=alert(1)>.pdf')
    const path = (await visitor.post('/extractions', { pdf })).headers.get('location')!
    expect(await finished(path)).not.toContain('<img src=x')
    expect(await (await visitor.get('/')).text()).toContain('&lt;img src=x')
  }, 90_000)

  test('refuses what is too large before it is read', async () => {
    const answer = await visitor.post('/extractions', { pdf: new File([new Uint8Array(22 * 2 ** 20)], 'large.pdf') })
    expect(answer.status).toBe(413)
    expect(await answer.text()).toContain('Nothing was kept')
  })

  test('refuses a variant that cannot run here, and keeps the one before', async () => {
    const answer = await visitor.post('/settings/variants/extraction', { variant: 'extraction/lora-v1' })
    expect(answer.status).toBe(409)
    expect(Visitor.alertOf(await answer.text())).toContain('extraction/lora-v1 cannot run here: The inference service is away')
    expect(await (await visitor.get('/')).text()).toContain('<strong>extraction/rules-v1</strong>')
    expect((await visitor.post('/settings/variants/extraction', { variant: 'extraction/none' })).status).toBe(422)
  })

  test('lets only approvers decide', async () => {
    const db = openDatabase(join(stateDir, 'app', 'app.db'))
    db.prepare("INSERT INTO account (name, password, approver) VALUES ('reader', ?, 0)").run(await hashPassword('reads only'))
    db.close()
    const reader = stranger()
    expect((await reader.signIn('reads only', 'reader')).status).toBe(303)
    const answer = await reader.post('/runs/decide', { approve: 'true' })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('may not decide on quotes. Nothing was changed')
  })

  test('says so when Temporal is away, decides nothing, and names the run in its log', async () => {
    const [workflowId, runId, digest] = ['fine-tune-extraction/lora-v1', '01234567-89ab-4def-8123-456789abcdef', 'a'.repeat(64)]
    const decision = { workflowId, runId, quoteDigest: digest, planDigest: digest, approve: 'true', maxDollars: '1' }
    const [list, one, decided] = await Promise.all([
      visitor.get('/runs'),
      visitor.get(`/runs/one?id=${encodeURIComponent(workflowId)}&run=${runId}`),
      visitor.post('/runs/decide', decision),
    ])
    expect(Visitor.alertOf(await list.text())).toContain('Temporal does not answer')
    expect([one.status, decided.status]).toEqual([404, 500])
    expect((await visitor.post('/runs/decide', { approve: 'maybe' })).status).toBe(422)
    const said = lines.splice(0).map(({ level, run, stage }) => ({ level, run, stage }))
    expect(said.sort((a, b) => (a.level < b.level ? -1 : 1))).toEqual([
      { level: 'error', run: `lora-v1-${runId}`, stage: 'awaiting-approval' },
      { level: 'warn', run: `lora-v1-${runId}`, stage: null },
    ])
  }, 60_000)

  test('serves only its own files', async () => {
    expect((await visitor.get('/static/style.css')).headers.get('content-type')).toContain('text/css')
    expect((await visitor.get('/static/pdfjs/build/pdf.min.mjs')).status).toBe(200)
    for (const path of [
      '/static/..%2fmain.ts',
      '/static/pdfjs/package.json',
      '/static/pdfjs/..%2f..%2f..%2fpackage.json',
      '/static/main.ts',
    ])
      expect((await visitor.get(path)).status).toBe(404)
  })

  test('shows an extraction to its own account only', async () => {
    expect((await visitor.get('/extractions/00000000-0000-4000-8000-000000000000')).status).toBe(404)
    expect((await visitor.get('/extractions/1;drop table account/spec.json')).status).toBe(404)
  })

  test('after a restart says of an interrupted extraction what to do', async () => {
    const other = await mkdtemp(join(tmpdir(), 'formwright-restart-'))
    const first = await composeApp(readConfig({ ...env(), FORMWRIGHT_STATE_DIR: other }), log)
    const person = new Visitor((request) => first.app.fetch(request))
    await person.signIn(first.firstPassword!)
    const path = (await upload(person)).headers.get('location')!
    await first.close()
    const second = await composeApp(readConfig({ ...env(), FORMWRIGHT_STATE_DIR: other }), log)
    expect(second.firstPassword).toBeUndefined()
    const again = new Visitor((request) => second.app.fetch(request))
    await again.signIn(first.firstPassword!)
    expect(Visitor.alertOf(await (await again.get(path)).text())).toMatch(/extract it again/i)
    await second.close()
    await rm(other, { recursive: true, force: true })
  }, 120_000)
})

test('a wrong environment is refused by the name of its variable', () => {
  expect(() => readConfig({ PORT: 'eighty' })).toThrow(/PORT/)
  expect(() => readConfig({ FORMWRIGHT_ADMIN_TOKEN: 'short' })).toThrow(/FORMWRIGHT_ADMIN_TOKEN/)
})
