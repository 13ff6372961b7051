import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { FineTuneInput, type FineTuneInputRaw, PRESET_PLANS, PROMPT_VERSION } from '../contracts/index.js'
import { MemoryStore } from '../tests/drills/simulation/memory-store.js'
import { type BasePins, prepareRun } from './plan.js'

const LIVE = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const DATASET = { digest: 'd'.repeat(64), uri: 's3://formwright/datasets/d/', pairs: 56, families: 50, windows: 300, epochTokens: 60_000 }

let base: string
let store: MemoryStore

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'formwright-base-'))
  await writeFile(join(base, 'manifest.json'), '{"files":[]}')
})
afterAll(() => rm(base, { recursive: true, force: true }))
beforeEach(() => {
  store = new MemoryStore()
  adapter(LIVE)
})

function adapter(digest: string, more: object = {}): void {
  const { rank } = PRESET_PLANS.quick.hyperparameters
  const manifest = { format: 'peft', base: { name: 'SmolLM2-135M-Instruct', digest: 'c'.repeat(64) }, dataset: DATASET.digest, files: [] }
  store.putJson(`adapters/${digest}/manifest.json`, { ...manifest, promptVersion: PROMPT_VERSION, rank, ...more })
}

const prepare = (input: FineTuneInputRaw, live: string | null = LIVE, baseDirectory: string | null = base, pins?: BasePins | null) => {
  const ports = {
    store,
    inference: { live: async () => live } as never,
    baseDirectory: async () => baseDirectory,
    pins: async () => pins,
    bundle: async () => new Map([['manifest.json', Buffer.from('{"files":[]}')]]),
    codeCommit: async () => 'e'.repeat(40),
    profile: 'embedded' as const,
    region: 'us-east-1',
  }
  return prepareRun(ports, { run: 'lora-v1-1', input: FineTuneInput.parse(input), dataset: DATASET }, () => undefined)
}

test('quick goes on from the live adapter where there is one', async () => {
  const prepared = await prepare({ preset: 'quick' })
  expect(prepared.plan.initFrom).toBe(LIVE)
  expect(prepared.request.initFrom).toEqual({ digest: LIVE, uri: `s3://formwright/adapters/${LIVE}/` })
  expect((await prepare({ preset: 'quick' }, null)).plan.initFrom).toBeUndefined()
})

test('full and tiny start from the base, and the input decides otherwise', async () => {
  expect((await prepare({ preset: 'tiny' })).plan.initFrom).toBeUndefined()
  expect((await prepare({ preset: 'full' })).plan.initFrom).toBeUndefined()
  expect((await prepare({ preset: 'full', initFrom: 'live' })).plan.initFrom).toBe(LIVE)
  expect((await prepare({ preset: 'quick', initFrom: 'none' })).plan.initFrom).toBeUndefined()
})

test('a live adapter of another prompt format or rank is not continued; one that was named is refused with the reason', async () => {
  adapter(OTHER, { promptVersion: 'old' })
  expect((await prepare({}, OTHER)).plan.initFrom).toBeUndefined()
  await expect(prepare({ initFrom: OTHER })).rejects.toThrow(/initFrom: adapter b+ has prompt version old/)
  await expect(prepare({ initFrom: 'f'.repeat(64) })).rejects.toThrow(/initFrom: adapter f+ is not in the object store/)
})

test('a base model that is not here is named, and nothing is stored', async () => {
  const before = await store.list('')
  await expect(prepare({ preset: 'mistral-7b' }, null, null)).rejects.toThrow(/base model Mistral-7B\S* is not here.*Nothing was stored/)
  expect(await store.list('')).toEqual(before)
})

test('a larger base that nobody pinned, or whose files are others than the pinned ones, is refused, and nothing is stored', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'formwright-large-'))
  const [config, weights] = ['{}', 'weights'].map((text) => createHash('sha256').update(text).digest('hex')) as [string, string]
  const files = [
    { path: 'config.json', sha256: config, bytes: 2 },
    { path: 'model.safetensors', sha256: weights, bytes: 7 },
  ]
  await writeFile(join(dir, 'config.json'), '{}')
  await writeFile(join(dir, 'model.safetensors'), 'weights')
  await writeFile(join(dir, 'manifest.json'), JSON.stringify({ files }))
  const before = await store.list('')
  const large = (pins: BasePins | null) => prepare({ preset: 'mistral-7b' }, null, dir, pins)
  await expect(large(null)).rejects.toThrow(/Mistral-7B\S* is not pinned.*--pin.*Nothing was stored/)
  await expect(large({ 'config.json': config, 'model.safetensors': config })).rejects.toThrow(
    /model\.safetensors differ from what training\/bases\.json pins/,
  )
  await expect(large({ 'config.json': config })).rejects.toThrow(/model\.safetensors differ/)
  expect(await store.list('')).toEqual(before)
  const { plan } = await large({ 'config.json': config, 'model.safetensors': weights })
  expect(await store.list(`bases/${plan.base.digest}/`)).toHaveLength(3)
  await rm(dir, { recursive: true })
})
