import { ApplicationFailure } from '@temporalio/common'
import { beforeEach, expect, test } from '@jest/globals'
import { TAGS } from '../../contracts/index.js'
import { MemoryStore } from '../../tests/drills/simulation/memory-store.js'
import { type Compute, type Instance, LaunchRefused, type LaunchSpec, NoCapacity, PriceRisen } from '../ports/compute.js'
import type { LaunchInput } from '../types.js'
import { launchInstance } from './launch.js'

let store: MemoryStore
let specs: LaunchSpec[]
let there: Instance[]
let answer: () => Instance
const instance = (id: string, state: Instance['state'] = 'running'): Instance => ({
  id,
  region: 'us-east-1',
  zone: 'us-east-1a',
  instanceType: 'c7i.large',
  state,
  reason: '',
  tags: {},
})
const compute = {
  find: async () => there,
  launch: async (spec: LaunchSpec) => {
    specs.push(spec)
    return answer()
  },
} as unknown as Compute

beforeEach(() => {
  store = new MemoryStore()
  specs = []
  there = []
  answer = () => instance('i-new')
})

const inputOf = (request: object = {}): LaunchInput => ({
  workflowId: 'fine-tune-extraction/lora-v1',
  region: 'us-east-1',
  instanceType: 'c7i.large',
  zone: 'us-east-1a',
  maxDollarsPerHour: 0.04,
  request: {
    run: 'r',
    attempt: 1,
    deadline: '2026-01-01T00:00:00.000Z',
    bundle: { uri: 's3://formwright/bundles/x/', digest: 'a'.repeat(64) },
    ...request,
  } as LaunchInput['request'],
})
const launch = (request: object = {}) => launchInstance({ store, compute, clock: { now: () => 0 } }, inputOf(request))

test('the token is the same over retries, and another for another attempt or another request', async () => {
  for (const request of [{}, {}, { attempt: 2 }, { attempt: 3, deadline: '2026-01-01T00:00:01.000Z' }]) await launch(request)
  const [first, again, second, third] = specs.map((spec) => spec.clientToken)
  expect(again).toBe(first)
  expect(new Set([first, second, third]).size).toBe(3)
  // EC2 takes 64 characters at most.
  expect(first!.length).toBeLessThanOrEqual(64)
})

test('an instance that bears the tags of the attempt already is taken as the launch', async () => {
  there = [instance('i-dead', 'terminated'), instance('i-there', 'pending')]
  expect(await launch()).toEqual({ instanceId: 'i-there' })
  expect(specs).toEqual([])
})

test('one that ran and is gone is not launched again under its attempt', async () => {
  there = [instance('i-dead', 'terminated')]
  expect(await launch()).toEqual({ instanceId: 'i-dead' })
  expect(specs).toEqual([])
})

test('request and lease are stored before the launch, and the tags say run, attempt, deadline and workflow', async () => {
  answer = () => {
    expect([...store.objects.keys()].sort()).toEqual(['runs/r/attempts/1/request.json', 'runs/r/lease.json'])
    return instance('i-new')
  }
  await launch()
  expect(specs[0]!.tags).toMatchObject({
    [TAGS.run]: 'r',
    [TAGS.attempt]: '1',
    [TAGS.deadline]: '2026-01-01T00:00:00.000Z',
    [TAGS.workflow]: 'fine-tune-extraction/lora-v1',
  })
  expect(specs[0]).toMatchObject({ maxDollarsPerHour: 0.04 })
})

test('what EC2 will not do however often it is asked is not retried; a lost answer is', async () => {
  for (const error of [new NoCapacity('none'), new PriceRisen('dear'), new LaunchRefused('quota')]) {
    answer = () => {
      throw error
    }
    await expect(launch()).rejects.toMatchObject({ type: error.name, nonRetryable: true })
  }
  answer = () => {
    throw new Error('socket hang up')
  }
  await expect(launch()).rejects.not.toBeInstanceOf(ApplicationFailure)
})
