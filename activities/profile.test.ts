import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FineTuneInput, type FineTuneInputRaw } from '../contracts/index.js'
import { MemoryStore } from '../tests/drills/simulation/memory-store.js'
import { folder, SimulatedInference } from '../tests/drills/simulation/world.js'
import { PACES, type PlanPorts, prepareRun } from './plan.js'
import type { CuratedDataset } from './types.js'

let base: string

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'formwright-plan-'))
  for (const [path, bytes] of folder({ 'model.safetensors': 'base' })) await writeFile(join(base, path), bytes)
})
afterAll(() => rm(base, { recursive: true, force: true }))

const digest = 'd'.repeat(64)
const dataset: CuratedDataset = {
  digest,
  uri: `s3://formwright/datasets/${digest}/`,
  pairs: 2,
  families: 1,
  windows: 4,
  epochTokens: 100_000,
}

function prepare(raw: FineTuneInputRaw, more: Partial<PlanPorts> = {}) {
  const ports: PlanPorts = {
    store: new MemoryStore(),
    inference: new SimulatedInference(),
    baseDirectory: async () => base,
    bundle: async () => folder({ 'training.tar.gz': 'code' }),
    codeCommit: async () => 'c0ffee',
    profile: 'embedded',
    region: 'us-east-1',
    ...more,
  }
  return prepareRun(ports, { run: 'r', input: FineTuneInput.parse(raw), dataset }, () => undefined)
}

test('on AWS a run takes verified decisions only, unless its input says otherwise; on a laptop the other way round', async () => {
  const assurance = async (raw: FineTuneInputRaw, profile: 'aws' | 'embedded') => (await prepare(raw, { profile })).assurance
  expect(await assurance({}, 'aws')).toBe('verified')
  expect(await assurance({ approval: { assurance: 'claimed' } }, 'aws')).toBe('claimed')
  expect(await assurance({}, 'embedded')).toBe('claimed')
  expect(await assurance({ approval: { assurance: 'verified' } }, 'embedded')).toBe('verified')
})

test('the profile chooses the pace and the instance types, the input what it overrides', async () => {
  const local = await prepare({ preset: 'tiny' })
  const cloud = await prepare(
    { preset: 'quick', hyperparameters: { learningRate: 1e-5 }, compute: { maxAttempts: 5 }, budget: { maxHours: 2 } },
    { profile: 'aws' },
  )
  expect([local.pace, cloud.pace]).toEqual([PACES.embedded, PACES.aws])
  expect(local.plan.compute.instanceTypes).toContain('c7i.large')
  expect(cloud.plan.compute).toMatchObject({ instanceTypes: expect.arrayContaining(['c7i.2xlarge']), maxAttempts: 5, maxHours: 2 })
  expect(cloud.plan.hyperparameters.learningRate).toBe(1e-5)
})

test('tokens are those of the epochs, or of the steps where these are fewer', async () => {
  expect((await prepare({ preset: 'full' })).plan.trainTokens).toBe(100_000)
  expect((await prepare({ preset: 'tiny' })).plan.trainTokens).toBe(1024)
})
