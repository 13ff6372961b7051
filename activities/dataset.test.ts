import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { MockActivityEnvironment } from '@temporalio/testing'
import { buildDataset, DATA_DIR } from '../data/fine-tuning/extraction/curate.js'
import { measureLeak } from '../data/fine-tuning/extraction/leak.js'
import { readFixtures } from '../data/fine-tuning/extraction/pairs.js'
import { MemoryStore } from '../tests/drills/simulation/memory-store.js'
import { createDatasetActivities } from './dataset.js'
import type { CuratedDataset } from './types.js'

let dir: string
let store: MemoryStore

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formwright-dataset-'))
  store = new MemoryStore()
  for (const folder of ['pairs', 'fixtures']) await cp(join(DATA_DIR, folder), join(dir, folder), { recursive: true })
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const curate = (): Promise<CuratedDataset> => {
  const source = {
    build: async () => (await buildDataset('tiny', dir)).files,
    leak: async (files: Map<string, Uint8Array>) => measureLeak(files, await readFixtures(join(dir, 'fixtures'))),
  }
  const { curateDataset } = createDatasetActivities({ source, store })
  return new MockActivityEnvironment().run(curateDataset, { run: 'lora-v1-1', preset: 'tiny' as const }) as Promise<CuratedDataset>
}

test('the dataset is stored under its digest, once however often it is curated', async () => {
  const first = await curate()
  const keys = await store.list('')
  expect(keys).toEqual(['manifest.json', 'pairs.jsonl', 'train.jsonl'].map((file) => `datasets/${first.digest}/${file}`))
  expect(await curate()).toEqual(first)
  expect(await store.list('')).toEqual(keys)
  // Measured, so neither nothing nor over the bound.
  expect(first.leak).toMatchObject({ pairs: 0, nearest: { pair: expect.any(String), form: expect.any(String) } })
  expect(first.leak!.overlap).toBeGreaterThan(0)
  expect(first.leak!.overlap).toBeLessThan(first.leak!.allowed)
  expect(first.leak!.windows).toBeLessThan(first.windows)
})

test('too few pairs end the run with the reason, without another try, and nothing is stored', async () => {
  for (const file of (await readdir(join(dir, 'pairs'))).slice(0, 20)) await rm(join(dir, 'pairs', file))
  await expect(curate()).rejects.toMatchObject({
    type: 'DatasetRefused',
    nonRetryable: true,
    message: expect.stringMatching(/Expected at least 50 checked training pairs, got \d+\. Nothing was stored/),
  })
  expect(await store.list('')).toEqual([])
})
