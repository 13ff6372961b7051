import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ADAPTER_HEADER, type EvaluateInput, Fixture } from '../../contracts/index.js'
import { createExtractor } from '../../extraction/registry.js'
import { MemoryStore } from '../../tests/drills/simulation/memory-store.js'
import { CASES, PLAN, PUBLISHED } from '../catalog/sample-record.js'
import { digestOf, sha256 } from '../ports/digests.js'
import { type CasePorts, caseKey, evaluateCase, StoredCase, WrongAdapter } from './case.js'
import { plannedFixture, planEvaluation } from './plan.js'
import { evaluationDigest, percentile, summarise } from './summarise.js'
import type { CaseInput } from './types.js'

const FIXTURES = new URL('../../data/fine-tuning/extraction/fixtures/', import.meta.url)
const CODE = digestOf('code')
const ADAPTER = digestOf('adapter')
let fixture: Fixture
let pdf: Uint8Array
let server: Server
let url: string
let answeredBy: string
let store: MemoryStore
let made: number

beforeAll(async () => {
  fixture = Fixture.parse(JSON.parse(await readFile(new URL('interdistrict-transfer.json', FIXTURES), 'utf8')))
  pdf = new Uint8Array(await readFile(new URL('interdistrict-transfer.pdf', FIXTURES)))
  // Answers every window with words that are no answer.
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { model, prompt } = JSON.parse(body) as { model: string; prompt: string[] }
      const choices = prompt.map((_, index) => ({ index, text: 'no answer', finish_reason: 'stop' }))
      const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
      response.writeHead(200, { [ADAPTER_HEADER]: answeredBy, 'content-type': 'application/json' })
      response.end(JSON.stringify({ id: 'c', object: 'text_completion', created: 1, model, choices, usage }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  store = new MemoryStore()
  answeredBy = ADAPTER
  made = 0
})

const ports = (): CasePorts => ({
  store,
  code: CODE,
  fixture: async () => ({ fixture, pdf }),
  extractor: async ({ variant }) => {
    made++
    return variant.provider === 'local'
      ? createExtractor('extraction/rules-v1')
      : createExtractor('extraction/lora-v1', { inference: { url, model: variant.model!, dollarsPerSecond: 1 } })
  },
})
const rules = (): CaseInput => ({
  run: 'r',
  fixture: plannedFixture(fixture),
  variant: { variant: 'extraction/rules-v1', variantDigest: digestOf('rules'), role: 'baseline', provider: 'local', model: null },
})
const lora = (): CaseInput => ({
  run: 'r',
  fixture: plannedFixture(fixture),
  variant: { variant: 'extraction/lora-v1', variantDigest: ADAPTER, role: 'candidate', provider: 'inference', model: ADAPTER },
})

describe('a case', () => {
  test('is measured once: the second time it comes from the store, with the digest of what is stored', async () => {
    const first = await evaluateCase(ports(), rules())
    expect(await evaluateCase(ports(), rules())).toEqual(first)
    expect(made).toBe(1)
    const bytes = store.objects.get(caseKey(CODE, rules()))!
    expect(first.stored).toEqual({ key: caseKey(CODE, rules()), sha256: sha256(bytes) })
    expect(StoredCase.parse(JSON.parse(Buffer.from(bytes).toString())).result.provenance.pdf).toBe(fixture.pdfDigest)
    expect(first.score.gold).toBe(rules().fixture.fields)
    expect(first.score.located).toBeGreaterThan(0)
  })

  test('of other code, or of a form whose gold has changed, is measured anew', async () => {
    await evaluateCase(ports(), rules())
    await evaluateCase({ ...ports(), code: digestOf('other code') }, rules())
    const corrected = { ...fixture, spec: { ...fixture.spec, title: 'Corrected' } }
    await evaluateCase(ports(), { ...rules(), fixture: plannedFixture(corrected) })
    expect(made).toBe(3)
  })

  test('over HTTP counts windows that cannot be read, and costs its seconds', async () => {
    const measured = await evaluateCase(ports(), lora())
    expect(measured.unparseable).toBeGreaterThan(0)
    expect(measured.dollars).toBeCloseTo(measured.seconds, 6)
    expect(measured.tokens.prompt).toBeGreaterThan(0)
  })

  test('answered by another adapter than the one asked for is refused and not kept', async () => {
    answeredBy = digestOf('another adapter')
    await expect(evaluateCase(ports(), lora())).rejects.toThrow(WrongAdapter)
    expect([...store.objects.keys()]).toEqual([])
  })

  test('measured by two at once is the one that was stored first', async () => {
    const both = await Promise.all([evaluateCase(ports(), rules()), evaluateCase(ports(), rules())])
    expect(both[0]).toEqual(both[1])
  })
})

describe('a plan', () => {
  const input: EvaluateInput = {
    run: 'r',
    adapter: 'lora-v1',
    preset: 'full',
    candidate: ADAPTER,
    live: digestOf('live'),
    base: { name: 'Small', digest: digestOf('base') },
  }
  const fixtures = (): Fixture[] => Array.from({ length: 12 }, (_, i) => ({ ...fixture, id: `form-${i}` }))
  const facts = () => ({ fixtures: fixtures(), code: CODE, apiModels: { 'extraction/haiku': 'claude-haiku-4-5' } as const })

  test('asks for candidate, live and base by digest or name, never by alias', () => {
    const { variants } = planEvaluation(input, facts())
    expect(variants.map((v) => [v.role, v.model])).toEqual([
      ['candidate', ADAPTER],
      ['live', digestOf('live')],
      ['base', 'Small'],
      ['baseline', null],
      ['api', 'claude-haiku-4-5'],
    ])
  })

  test('measures what is live once when it is the candidate, and no API without a key', () => {
    const { variants } = planEvaluation({ ...input, live: ADAPTER }, { ...facts(), apiModels: {} })
    expect(variants.map((v) => v.role)).toEqual(['candidate', 'base', 'baseline'])
  })

  test('takes all forms for full, and a few that are spread over them for quick', () => {
    expect(planEvaluation(input, facts()).fixtures).toHaveLength(12)
    expect(planEvaluation({ ...input, preset: 'quick' }, facts()).fixtures.map((f) => f.id)).toEqual([
      'form-0',
      'form-3',
      'form-6',
      'form-9',
    ])
  })
})

describe('figures', () => {
  test('are shares over all forms with an interval around them, and differences are paired', () => {
    const { summaries, differences, digest } = summarise(PLAN, CASES, PUBLISHED)
    const candidate = summaries[0]!
    expect(candidate.metrics.recall!.value).toBeCloseTo((34 + 35 + 36) / 120, 10)
    expect(candidate.metrics.recall!.low).toBeLessThanOrEqual(candidate.metrics.recall!.value)
    const recall = differences!.find((d) => d.metric === 'recall')!
    expect(recall).toMatchObject({ against: 'extraction/rules-v1', role: 'baseline' })
    expect(recall.value).toBeCloseTo((105 - 66) / 120, 10)
    expect(recall.low).toBeGreaterThan(0)
    expect(digest).toBe(evaluationDigest(summarise(PLAN, CASES, PUBLISHED)))
  })

  test('count a form that could not be extracted as missed, and leave its time out', () => {
    const failed = CASES.map((c, i) =>
      i === 0 ? { ...c, error: 'away', score: { ...c.score, predicted: 0, matched: 0, located: 0 }, seconds: 0 } : c,
    )
    const [candidate] = summarise(PLAN, failed, PUBLISHED).summaries
    expect(candidate).toMatchObject({ errors: 1, forms: 3, secondsPerForm: 8 })
    expect(candidate!.metrics.recall!.value).toBeCloseTo((35 + 36) / 120, 10)
  })

  test('of others are marked, and left out once the same variant was measured', () => {
    const of = (plan: typeof PLAN) =>
      summarise(plan, CASES, PUBLISHED)
        .summaries.filter((s) => s.variant === 'extraction/sonnet')
        .map((s) => s.source)
    expect(of(PLAN)).toEqual(['published'])
    const sonnet = {
      variant: 'extraction/sonnet',
      variantDigest: digestOf('sonnet'),
      role: 'api' as const,
      provider: 'anthropic' as const,
      model: 'm',
    }
    expect(of({ ...PLAN, variants: [...PLAN.variants, sonnet] })).toEqual(['measured'])
  })

  test('the 95th percentile is a time that was measured', () => {
    expect([percentile([3, 1, 2], 0.95), percentile([], 0.95), percentile([5], 0.95)]).toEqual([3, null, 5])
  })
})
