import { expect, test } from '@jest/globals'
import { TAGS } from '../contracts/index.js'
import { MemoryStore } from '../tests/drills/simulation/memory-store.js'
import type { Compute, Instance } from './ports/compute.js'
import { reconcile } from './reconcile.js'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const RUN_ID = '11111111-2222-3333-4444-555555555555'

function instance(id: string, tags: Record<string, string | undefined> = {}, more: Partial<Instance> = {}): Instance {
  const all = {
    [TAGS.run]: `lora-v1-${RUN_ID}`,
    [TAGS.workflow]: 'fine-tune-extraction/lora-v1',
    [TAGS.deadline]: '2026-01-01T13:00:00Z',
    ...tags,
  }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>
  return { id, region: 'us-east-1', zone: 'us-east-1a', instanceType: 'c7i.large', state: 'running', reason: '', tags: given, ...more }
}

async function pass(instances: Instance[], state: 'open' | 'over' | 'unknown' = 'open', broken: { region?: string; id?: string } = {}) {
  const store = new MemoryStore()
  const ended: string[] = []
  const compute = {
    find: async ({ region }: { region: string }) => {
      if (region === broken.region) throw new Error(`${region} does not answer`)
      return instances.filter((one) => one.region === region)
    },
    terminate: async (_: string, id: string) => {
      if (id === broken.id) throw new Error(`${id} stays`)
      ended.push(id)
    },
  } as unknown as Compute
  const asked: string[] = []
  const runs = {
    state: async (workflowId: string, runId: string) => {
      asked.push(`${workflowId} ${runId}`)
      return state
    },
  }
  const ports = { compute, store, runs, clock: { now: () => NOW, sleep: async () => undefined }, regions: ['us-east-1', 'us-west-2'] }
  const result = await reconcile(ports, () => undefined).catch((error: Error) => error)
  return { result, ended, store, asked }
}

test('an instance of an open run before its deadline stays', async () => {
  const { result, ended, asked } = await pass([instance('i-1')])
  expect({ result, ended }).toEqual({ result: [], ended: [] })
  expect(asked).toEqual([`fine-tune-extraction/lora-v1 ${RUN_ID}`])
})

test.each([
  ['whose run is over', instance('i-1'), 'over', 'its run is over'],
  ['whose run nobody knows', instance('i-1'), 'unknown', 'its run is unknown'],
  [
    'past its deadline, although its run is open',
    instance('i-1', { [TAGS.deadline]: '2026-01-01T11:59:59Z' }),
    'open',
    'past its deadline',
  ],
  ['without a deadline', instance('i-1', { [TAGS.deadline]: undefined }), 'open', '(none given)'],
  ['whose tags name no run', instance('i-1', { [TAGS.run]: 'by hand' }), 'open', 'name no run'],
] as const)('an instance %s is ended, and a record says why', async (_, one, state, reason) => {
  const { result, ended, store } = await pass([one], state)
  expect(result).toMatchObject([{ instanceId: 'i-1', reason: expect.stringContaining(reason) }])
  expect(ended).toEqual(['i-1'])
  expect(store.json('audit/reconciler/i-1.json')).toMatchObject({ at: '2026-01-01T12:00:00.000Z', reason: expect.stringContaining(reason) })
})

test('one that is going down already is left to it', async () => {
  expect((await pass([instance('i-1', {}, { state: 'shutting-down' })], 'over')).ended).toEqual([])
})

test('every configured region is looked at, and what fails in one place does not save the others', async () => {
  const all = [instance('i-1'), instance('i-2', {}, { region: 'us-west-2' }), instance('i-3', {}, { region: 'us-west-2' })]
  expect((await pass(all, 'over')).ended).toEqual(['i-1', 'i-2', 'i-3'])
  const broken = await pass(all, 'over', { region: 'us-east-1', id: 'i-2' })
  expect(broken.ended).toEqual(['i-3'])
  expect(String(broken.result)).toContain('1 ended, 2 failed')
})
