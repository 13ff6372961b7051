import { createServer, type Server } from 'node:http'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { readSettings, type VariantSummary } from '../../contracts/index.js'
import { openDatabase } from '../storage/database.js'
import { Accounts } from '../account/accounts.js'
import { CatalogSource } from '../catalog/source.js'
import { Choices } from './choices.js'
import { CatalogFigures } from './figures.js'
import { HealthCheck, type HealthOf } from './health.js'
import { variantsPage } from './page.js'

const LIVE = 'e'.repeat(64)

describe('health', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })
  const serving = (status: number, body: unknown): Promise<string> =>
    new Promise((resolve) => {
      const server = createServer((_, answer) => answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
      servers.push(server)
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    })
  const models = (aliases: string[]) => ({
    object: 'list',
    data: [{ id: LIVE, object: 'model', digest: LIVE, state: 'live', aliases }],
  })
  const lora = async (url: string) => (await new HealthCheck(readSettings({ FORMWRIGHT_INFERENCE_URL: url })).all())['extraction/lora-v1']

  test('of our adapter names the digest that is live', async () => {
    expect(await lora(await serving(200, models(['lora-v1'])))).toEqual({
      canRun: true,
      text: `Ready; adapter ${LIVE.slice(0, 12)} is live.`,
      live: LIVE,
    })
  })

  test('of our adapter says why it cannot run', async () => {
    expect(await lora(await serving(200, models([])))).toMatchObject({ canRun: false, text: expect.stringContaining('No adapter is live') })
    expect(await lora(await serving(503, {}))).toMatchObject({ canRun: false, text: expect.stringContaining('503') })
    expect(await lora(await serving(200, { data: 1 }))).toMatchObject({ canRun: false, text: expect.stringContaining('list of models') })
    expect(await lora('http://127.0.0.1:9')).toMatchObject({ canRun: false, text: expect.stringContaining('away') })
  })

  test('of the API needs a key that is accepted', async () => {
    const api = async (env: Record<string, string>) => (await new HealthCheck(readSettings(env)).all())['extraction/sonnet']
    const good = await serving(200, { data: [], has_more: false, first_id: null, last_id: null })
    const refusing = await serving(401, { type: 'error', error: { type: 'authentication_error', message: 'no' } })
    expect(await api({})).toMatchObject({ canRun: false, text: expect.stringContaining('ANTHROPIC_API_KEY') })
    expect(await api({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: good })).toMatchObject({ canRun: true })
    expect(await api({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: refusing })).toMatchObject({
      canRun: false,
      text: expect.stringContaining('refuses the key'),
    })
    expect(await api({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' })).toMatchObject({
      canRun: false,
      text: expect.stringContaining('cannot be reached'),
    })
  })
})

test('the choice is kept for each account by itself', async () => {
  const db = openDatabase(':memory:')
  await new Accounts(db).makeFirst()
  db.prepare("INSERT INTO account (name, password) VALUES ('second', 'x')").run()
  const choices = new Choices(db, 'extraction/lora-v1')
  choices.choose(1, 'extraction/rules-v1')
  choices.choose(1, 'extraction/haiku')
  expect(choices.of(1)).toBe('extraction/haiku')
  expect(choices.of(2)).toBe('extraction/lora-v1')
})

describe('figures', () => {
  let root: string
  const folder = () => join(root, 'catalog', 'experiments', 'pdf-field-extraction')
  const summary = (changes: Partial<VariantSummary>): VariantSummary => ({
    variant: 'extraction/lora-v1',
    variantDigest: LIVE,
    source: 'measured',
    scorer: 'widgets',
    forms: 12,
    metrics: { recall: { value: 0.61, low: 0.52, high: 0.7 } },
    secondsPerForm: 9,
    p95Seconds: 20,
    tokensPerForm: 4000,
    dollarsPerForm: 0.0002,
    unparseable: 0,
    errors: 0,
    ...changes,
  })
  const evaluation = (...summaries: VariantSummary[]) => JSON.stringify({ fixtures: [], cases: [], summaries, gates: [] })
  const record = JSON.stringify({
    ...{
      run: 'r',
      runId: 'r',
      adapter: 'lora-v1',
      preset: 'tiny',
      ending: 'not-promoted',
      reason: 'x',
      input: {},
      dataset: null,
      base: null,
    },
    ...{ hyperparameters: null, quote: null, decision: null, attempts: [], dollars: 0, training: null, lossCurve: [], codeCommit: 'c' },
    ...{ candidate: 'c'.repeat(64), live: LIVE, startedAt: '2026-05-01T10:00:00Z', endedAt: '2026-05-01T11:00:00Z' },
    evaluation: {
      ...{ fixtures: [], cases: [], gates: [] },
      summaries: [summary({ variantDigest: 'c'.repeat(64) }), summary({}), summary({ variant: 'extraction/of-others' })],
    },
  })
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'formwright-figures-'))
    await mkdir(folder(), { recursive: true })
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  test('come from the catalog’s JSON, and what is no evaluation is passed over', async () => {
    await writeFile(join(folder(), 'lora-v1.json'), evaluation(summary({}), summary({ variant: 'extraction/sonnet', source: 'published' })))
    await writeFile(join(folder(), 'notes.json'), '{"a":1}')
    await writeFile(join(folder(), 'broken.json'), '{')
    const latest = await new CatalogFigures(new CatalogSource(root)).latest()
    expect(latest.get('extraction/lora-v1')).toMatchObject({
      href: '/catalog/pages/experiments/pdf-field-extraction/lora-v1.md',
      promoted: false,
    })
    expect(latest.get('extraction/sonnet')?.summary.source).toBe('published')
    expect(latest.has('extraction/haiku')).toBe(false)
  })

  test('of several adapters are those of the one that a run left live', async () => {
    const latest = await new CatalogFigures({ records: async () => [{ href: '/x', text: record }] }).latest()
    expect(latest.get('extraction/lora-v1')).toMatchObject({ summary: { variantDigest: LIVE }, promoted: false })
    expect(latest.size).toBe(1)
  })

  test('of the adapter that is live now come before newer ones of another', async () => {
    const other = record.replaceAll(LIVE, 'd'.repeat(64)).replaceAll('2026-05', '2026-06')
    const source = {
      records: async () => [
        { href: '/newer', text: other },
        { href: '/older', text: record },
      ],
    }
    expect((await new CatalogFigures(source).latest()).get('extraction/lora-v1')?.href).toBe('/newer')
    const ours = (await new CatalogFigures(source).latest(LIVE)).get('extraction/lora-v1')
    expect(ours).toMatchObject({ href: '/older', summary: { variantDigest: LIVE } })
  })

  test('stand on the page beside health: status, recall with interval, seconds, dollars, the catalog’s page', async () => {
    const promoted = new Map([
      ['extraction/lora-v1' as const, { summary: summary({}), href: '/catalog/runs/r/x.md', promoted: true }],
      ['extraction/sonnet' as const, { summary: summary({ source: 'published' }), href: '/catalog/pages/y.md', promoted: false }],
    ])
    const health: HealthOf = {
      'extraction/sonnet': { canRun: false, text: 'No key.' },
      'extraction/haiku': { canRun: false, text: 'No key.' },
      'extraction/rules-v1': { canRun: true, text: 'Ready.' },
      'extraction/lora-v1': { canRun: true, text: 'Ready.', live: LIVE },
    }
    const signed = { account: { id: 1, name: 'owner', approver: true, epoch: 1 }, csrf: 't' }
    const shown = async (live: string) => {
      const at = { ...health, 'extraction/lora-v1': { ...health['extraction/lora-v1'], live } }
      return String(await variantsPage({ signed, chosen: 'extraction/lora-v1', health: at, figures: promoted }))
    }
    const row = (page: string, id: string) => page.split('<tr>').find((text) => text.includes(`value="extraction/${id}"`))!
    const lora = row(await shown(LIVE), 'lora-v1')
    for (const text of ['>production<', '61 % (52–70)', '>9.0 s<', '>$0.0002<', 'href="/catalog/runs/r/x.md"', 'checked'])
      expect(lora).toContain(text)
    expect(lora).not.toContain('the live one has no page')
    const another = row(await shown('f'.repeat(64)), 'lora-v1')
    expect(another).toContain('>experimental<')
    expect(another).toContain(`of adapter ${LIVE.slice(0, 12)}; the live one has no page yet`)
    const sonnet = row(await shown(LIVE), 'sonnet')
    for (const text of ['>baseline<', 'disabled', 'No key.', 'published, by another scorer']) expect(sonnet).toContain(text)
    expect(row(await shown(LIVE), 'haiku')).toContain('none yet')
  })

  test('that were measured are not replaced by published ones', async () => {
    await writeFile(join(folder(), 'z.json'), evaluation(summary({ source: 'published', forms: 1 })))
    expect((await new CatalogFigures(new CatalogSource(root)).latest()).get('extraction/lora-v1')?.summary.forms).toBe(12)
  })
})
