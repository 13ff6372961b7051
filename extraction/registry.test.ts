import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { VARIANT_IDS } from '../contracts/index.js'
import { ExtractorUnavailable } from './extractor.js'
import { readPrices } from './prices.js'
import { createExtractor } from './registry.js'
import { berths } from './testing/berths.js'
import { type FakeInference, fakeInference } from './testing/inference.js'
import { WINDOWS_PER_REQUEST } from './variants/lora-requests.js'

describe('extraction/lora-v1', () => {
  let service: FakeInference
  let pdf: Uint8Array
  let long: Uint8Array
  beforeAll(async () => {
    pdf = await berths(6)
    long = await berths(150)
    service = await fakeInference([pdf, long])
  })
  afterAll(() => service.close())
  const extractor = (options = {}) => createExtractor('extraction/lora-v1', { inference: { url: service.url, ...options } })

  test('is created and used in one expression, and tells who answered, how long and for how much', async () => {
    const { spec, fieldMapping, provenance } = await createExtractor('extraction/lora-v1', { inference: { url: service.url } }).extract(pdf)
    expect(spec.groups.flatMap((g) => g.requirements).map((r) => r.label)).toContain('Berth 1')
    expect(Object.values(fieldMapping).flat()).toHaveLength(6)
    const { inferenceHost } = await readPrices()
    expect(provenance).toMatchObject({ variant: 'extraction/lora-v1', adapter: service.adapter, windows: 1 })
    expect(provenance.dollars).toBeCloseTo((provenance.seconds * inferenceHost.dollarsPerHour) / 3600, 12)
    expect(provenance.dollars).toBeGreaterThan(0)
  })

  test('asks all windows, tells how far it is, and marks what was unsure', async () => {
    service.requests.splice(0)
    const progress: number[][] = []
    const { confidence, provenance } = await extractor().extract(long, { onWindow: (done, total) => progress.push([done, total]) })
    expect(service.requests.flatMap(({ prompts }) => prompts)).toHaveLength(provenance.windows)
    expect(service.requests.length).toBe(Math.ceil(provenance.windows / WINDOWS_PER_REQUEST))
    expect(service.requests.length).toBeGreaterThan(1)
    expect(progress[0]).toEqual([0, provenance.windows])
    expect(progress.length).toBe(service.requests.length + 1)
    expect(progress.at(-1)).toEqual([provenance.windows, provenance.windows])
    const unsure = confidence.filter((c) => c.flags?.includes('low-confidence'))
    expect(unsure.length).toBeGreaterThan(0)
    expect(unsure.length).toBeLessThan(confidence.length)
  })

  test('asks again what another adapter answered meanwhile, so that one form has one adapter', async () => {
    service.requests.splice(0)
    service.moveAliasAfter(2)
    const { provenance } = await extractor().extract(long)
    service.moveAliasAfter(Number.POSITIVE_INFINITY)
    const byAlias = service.requests.filter(({ model }) => model === 'lora-v1')
    const byDigest = service.requests.filter(({ model }) => model !== 'lora-v1')
    const others = byAlias.filter(({ adapter }) => adapter !== provenance.adapter)
    expect(others.length).toBeGreaterThan(0)
    expect(byDigest.map(({ model }) => model)).toEqual(others.map(() => provenance.adapter))
    const asked = (requests: typeof others) => requests.map(({ prompts }) => prompts.join()).sort()
    expect(asked(byDigest)).toEqual(asked(others))
  })

  test('that is away says so and what to do', async () => {
    const error = await createExtractor('extraction/lora-v1', { inference: { url: 'http://127.0.0.1:9' } })
      .extract(pdf)
      .catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ExtractorUnavailable)
    expect(String(error)).toMatch(/is away\. Start it with `npm start`, or choose extraction\/rules-v1/)
  })

  test('that does not answer in time is given up on', async () => {
    service.hold()
    await expect(extractor({ timeout: 300 }).extract(pdf)).rejects.toThrow(/did not answer within 0\.3 s/)
    service.release()
  })

  test('that refuses is not asked again', async () => {
    service.requests.splice(0)
    await expect(extractor().extract(await berths(3))).rejects.toThrow(/refused \(400\)/)
    expect(service.requests).toHaveLength(1)
  })
})

test('an extractor is created for each variant of the registry without reaching anything', () => {
  for (const id of VARIANT_IDS) expect(createExtractor(id, { anthropic: { apiKey: 'key' } }).id).toBe(id)
})

test('a variant that needs a key says which', () => {
  expect(() => createExtractor('extraction/sonnet')).toThrow(ExtractorUnavailable)
  expect(() => createExtractor('extraction/haiku', { anthropic: { apiKey: '' } })).toThrow(/needs ANTHROPIC_API_KEY/)
})
