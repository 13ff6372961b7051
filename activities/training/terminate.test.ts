import { expect, test } from '@jest/globals'
import { TAGS } from '../../contracts/index.js'
import type { Compute, Instance } from '../ports/compute.js'
import { terminateInstances } from './terminate.js'

/** EC2 with instances that go down two looks after the order, and a clock that moves by sleeping only. */
class Cloud {
  now = 0
  orders: string[] = []
  private readonly left = new Map<string, number>()

  constructor(
    readonly instances: Instance[],
    /** Milliseconds until EC2 shows them. */
    private readonly shownAt = 0,
    private failures = 0,
  ) {}

  private get shown(): Instance[] {
    return this.now >= this.shownAt ? this.instances : []
  }

  readonly compute = {
    find: async (query: { run?: string; attempt?: number }) => {
      this.goDown()
      const fits = (i: Instance): boolean => query.attempt === undefined || i.tags[TAGS.attempt] === String(query.attempt)
      return this.shown.filter((i) => i.tags[TAGS.run] === query.run && fits(i))
    },
    describe: async (_: string, id: string) => this.shown.find((i) => i.id === id) ?? null,
    terminate: async (_: string, id: string) => {
      this.orders.push(id)
      if (this.failures-- > 0) throw new Error('InternalError')
      const found = this.shown.find((i) => i.id === id)
      if (!found) return
      found.state = 'shutting-down'
      this.left.set(id, 2)
    },
  } as unknown as Compute

  private goDown(): void {
    for (const one of this.instances) {
      const left = this.left.get(one.id)
      if (left === undefined) continue
      this.left.set(one.id, left - 1)
      if (left <= 0) one.state = 'terminated'
    }
  }

  private readonly sleep = async (ms: number): Promise<void> => {
    this.now += ms
  }

  end(target: object = {}) {
    const clock = { now: () => this.now, sleep: this.sleep }
    return terminateInstances(
      { compute: this.compute, clock },
      { run: 'r', regions: ['us-east-1'], settleSeconds: 0, ...target },
      { beat: () => undefined },
    )
  }
}

const instance = (id: string, attempt = 1): Instance => ({
  id,
  region: 'us-east-1',
  zone: 'us-east-1a',
  instanceType: 'c7i.large',
  state: 'running',
  reason: '',
  tags: { [TAGS.run]: 'r', [TAGS.attempt]: String(attempt) },
})

test('it answers when EC2 says terminated, not when the order is taken', async () => {
  const cloud = new Cloud([instance('i-1'), instance('i-2', 2)])
  expect(await cloud.end()).toEqual({ terminated: ['i-1', 'i-2'] })
  expect(cloud.instances.map((one) => one.state)).toEqual(['terminated', 'terminated'])
  expect(cloud.now).toBeGreaterThanOrEqual(2_000)
})

test('of one attempt it ends the instances of that attempt only', async () => {
  const cloud = new Cloud([instance('i-1'), instance('i-2', 2)])
  expect(await cloud.end({ attempt: 2 })).toEqual({ terminated: ['i-2'] })
  expect(cloud.instances[0]!.state).toBe('running')
})

test('an instance that EC2 does not show yet is waited for and ended, by its id or by its tags', async () => {
  const known = new Cloud([instance('i-1')], 20_000)
  expect(await known.end({ attempt: 1, instanceId: 'i-1' })).toEqual({ terminated: ['i-1'] })
  expect(known.instances[0]!.state).toBe('terminated')
  const lost = new Cloud([instance('i-1')], 2_000)
  expect(await lost.end({ attempt: 1, instanceId: null, settleSeconds: 3 })).toEqual({ terminated: ['i-1'] })
})

test('an instance that EC2 has forgotten does not hold it up for ever', async () => {
  const cloud = new Cloud([])
  expect(await cloud.end({ attempt: 1, instanceId: 'i-gone' })).toEqual({ terminated: [] })
  expect(cloud.now).toBe(60_000)
})

test('a refused order is told, so that it is tried again', async () => {
  const cloud = new Cloud([instance('i-1')], 0, 1)
  await expect(cloud.end()).rejects.toThrow('InternalError')
  expect(await cloud.end()).toEqual({ terminated: ['i-1'] })
  expect(cloud.orders).toEqual(['i-1', 'i-1'])
})
