import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { canonicalJson, sha256 } from '../../activities/ports/digests.js'
import { storeFolder } from '../../activities/ports/folders.js'
import { AdminRefused, type InferenceAdmin } from '../../activities/ports/inference.js'
import { inferenceAdminOf } from '../../activities/ports/inference-admin.js'
import { DigestMismatch } from '../../activities/ports/object-store.js'
import { type CompletionRequest, vllmAlias } from '../../contracts/index.js'
import { complete } from '../../extraction/inference-client.js'
import { MemoryStore } from '../drills/simulation/memory-store.js'
import { SimulatedInference } from '../drills/simulation/world.js'
import { type VllmStandIn, vllmStandIn } from './vllm-server.js'

interface Ref {
  digest: string
  uri: string
}
let store: MemoryStore
let first: Ref
let second: Ref
let adapters: string
let vllm: VllmStandIn

async function adapter(weights: string): Promise<Ref> {
  const files = new Map([
    ['adapter_config.json', Buffer.from('{"peft_type":"LORA"}')],
    ['adapter_model.safetensors', Buffer.from(weights)],
  ])
  const manifest = { format: 'peft', files: [...files].map(([path, bytes]) => ({ path, sha256: sha256(bytes), bytes: bytes.length })) }
  return storeFolder(store, 'adapters', files.set('manifest.json', Buffer.from(canonicalJson(manifest))))
}

beforeAll(async () => {
  vllm = await vllmStandIn()
})
afterAll(() => vllm.close())
beforeEach(async () => {
  store = new MemoryStore()
  ;[first, second] = [await adapter('first'), await adapter('second')]
  adapters = await mkdtemp(join(tmpdir(), 'vllm-adapters-'))
  vllm.restart()
})
afterEach(() => rm(adapters, { recursive: true, force: true }))

const overVllm = (): InferenceAdmin =>
  inferenceAdminOf(
    {
      FORMWRIGHT_INFERENCE_API: 'vllm',
      FORMWRIGHT_INFERENCE_URL: vllm.url,
      FORMWRIGHT_INFERENCE_TOKEN: vllm.token,
      FORMWRIGHT_VLLM_ADAPTERS: adapters,
    },
    store,
    30_000,
  )

describe.each([
  ['vLLM', overVllm],
  ['the simulated service', () => new SimulatedInference()],
])('what a run does to %s', (_, make) => {
  test('a candidate is loaded beside what is live, twice without harm, and unloaded unless promoted', async () => {
    const admin = make()
    expect(await admin.live('lora-v1')).toBeNull()
    for (const { digest, uri } of [first, second, first]) await admin.load(digest, uri)
    await admin.setAlias('lora-v1', first.digest)
    await admin.setAlias('lora-v1', first.digest)
    expect(await admin.live('lora-v1')).toBe(first.digest)
    for (const { digest } of [first, second, second]) await admin.unload(digest)
    expect(await admin.live('lora-v1')).toBe(first.digest)
    expect(await admin.memoryMiB()).toBeGreaterThan(0)
  })

  test('an alias goes from one adapter to the next and back, and names what was before', async () => {
    const admin = make()
    for (const { digest, uri } of [first, second]) {
      await admin.load(digest, uri)
      await admin.setAlias('lora-v1', digest)
    }
    expect(await admin.alias('lora-v1')).toMatchObject({ digest: second.digest, previous: first.digest })
    expect(await admin.rollback('lora-v1')).toMatchObject({ digest: first.digest, previous: second.digest })
    expect(await admin.live('lora-v1')).toBe(first.digest)
    expect(await admin.live('other')).toBeNull()
  })
})

describe('vLLM', () => {
  const ask = (model: string) =>
    complete({ model, prompt: ['x'], max_tokens: 8, temperature: 0 } as CompletionRequest, { ...vllm, api: 'vllm' })

  test('answers by alias from the weights that are live, under a name that never stood for others', async () => {
    const admin = overVllm()
    await admin.load(first.digest, first.uri)
    await expect(ask('lora-v1')).rejects.toThrow('vLLM serves no model lora-v1')
    expect((await ask(first.digest)).adapter).toBe(first.digest)
    await admin.setAlias('lora-v1', first.digest)
    expect((await ask('lora-v1')).adapter).toBe(first.digest)
    await admin.load(second.digest, second.uri)
    await admin.setAlias('lora-v1', second.digest)
    const { adapter: answered, completions } = await ask('lora-v1')
    expect([answered, completions[0]!.text]).toEqual([second.digest, `${join(adapters, second.digest)} to x`])
    expect([...vllm.loras.keys()].filter((name) => name.includes('@'))).toEqual([vllmAlias('lora-v1', second.digest)])
    expect(vllm.asked.slice(-1)).toEqual([second.digest])
  })

  test('gets back what was live after it was restarted', async () => {
    const admin = overVllm()
    await admin.load(first.digest, first.uri)
    await admin.setAlias('lora-v1', first.digest)
    vllm.restart()
    expect(await overVllm().live('lora-v1')).toBe(first.digest)
    expect((await ask('lora-v1')).adapter).toBe(first.digest)
  })

  test('is given whole adapters only: changed bytes are refused, a damaged folder is written anew', async () => {
    const key = `adapters/${first.digest}/adapter_model.safetensors`
    const kept = store.objects.get(key)!
    store.objects.set(key, Buffer.from('other'))
    await expect(overVllm().load(first.digest, first.uri)).rejects.toThrow(DigestMismatch)
    expect(await readdir(adapters)).toEqual([])
    store.objects.set(key, kept)
    await overVllm().load(first.digest, first.uri)
    await writeFile(join(adapters, first.digest, 'adapter_config.json'), 'damaged')
    await overVllm().load(first.digest, first.uri)
    expect(await readdir(adapters)).toEqual([first.digest])
    await expect(overVllm().setAlias('lora-v1', 'd'.repeat(64))).rejects.toThrow('No adapter found')
  })

  test('refuses in its own words what it cannot do, and needs its folder', async () => {
    await expect(overVllm().rollback('lora-v1')).rejects.toThrow(AdminRefused)
    const settings = { FORMWRIGHT_INFERENCE_API: 'vllm' as const, FORMWRIGHT_INFERENCE_URL: vllm.url }
    expect(() => inferenceAdminOf(settings, store, 1)).toThrow('FORMWRIGHT_VLLM_ADAPTERS')
  })
})
