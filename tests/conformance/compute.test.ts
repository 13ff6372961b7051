import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe as suite, expect, test } from '@jest/globals'
import { type Compute, type Instance, LaunchRefused, type LaunchSpec, NoCapacity, PriceRisen } from '../../activities/ports/compute.js'
import { Ec2Compute } from '../../activities/ports/ec2.js'
import { INSTANCE_PROFILE, TAGS } from '../../contracts/index.js'
import { SimulatedCloud } from '../drills/simulation/cloud.js'
import { MemoryStore } from '../drills/simulation/memory-store.js'
import { trainRequest } from '../drills/simulation/sample-request.js'
import { notAllowed } from '../infra/aws/judge.js'
import { record } from '../infra/aws/recorder.js'
import { clientOf, embeddedPlatform, INSTANCE_TYPE } from './ec2-target.js'

/** An instance that there is not. */
const NOBODYS = 'i-00000000000000000'
/** Of a run of the adapter that the stacks of infra/aws/ serve. */
const newRun = () => `lora-v1-${randomUUID()}`

interface Target {
  compute: Compute
  zone: string
  /** Called before a launch with these tags. */
  prepare(run: string): void
  /** Lets the next launch find no capacity; absent where that cannot be ordered. */
  noCapacity?(): Promise<void>
  patience: number
  /** What the worker's role of infra/aws/ does not allow of everything that was asked so far; absent where nobody listens. */
  notAllowed?(): string[]
  close(): Promise<void>
}

async function embedded(): Promise<Target> {
  const { platform, close } = await embeddedPlatform()
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, FORMWRIGHT_EC2_ENDPOINT, FORMWRIGHT_AMI } = platform.env
  Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION })
  const direct = clientOf(platform.env)
  const { LaunchTemplate: made } = await direct.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: 'formwright', LaunchTemplateData: { EbsOptimized: false } }),
  )
  const launchTemplate = made!.LaunchTemplateId!
  const recorder = await record('ec2', FORMWRIGHT_EC2_ENDPOINT!)
  const compute = new Ec2Compute({ endpoint: recorder.url, imageId: FORMWRIGHT_AMI!, instanceProfile: INSTANCE_PROFILE, launchTemplate })
  return {
    compute,
    zone: 'us-east-1a',
    prepare: () => undefined,
    // The SDK asks three times more, since EC2 answers this with status 500.
    noCapacity: async () => void (await platform.ec2.order({ action: 'RunInstances', code: 'InsufficientInstanceCapacity', times: 4 })),
    patience: 30_000,
    notAllowed: () => {
      expect(recorder.calls.length).toBeGreaterThan(10)
      const nothing: Record<string, string> = {}
      // The policies name the launch template of the stack.
      const calls = recorder.calls.map((call) => ({ ...call, body: call.body.replaceAll(launchTemplate, 'lt-0abc') }))
      return notAllowed('WorkerRole', calls, (id) => (id === NOBODYS ? nothing : { [TAGS.run]: 'lora-v1-conformance' }))
    },
    async close() {
      direct.destroy()
      await recorder.close()
      await close()
    },
  }
}

async function simulated(): Promise<Target> {
  const store = new MemoryStore()
  const cloud = new SimulatedCloud(store, () => Date.now())
  return {
    compute: cloud,
    zone: 'us-east-1a',
    prepare: (run) => store.putJson(`runs/${run}/attempts/1/request.json`, trainRequest(run)),
    noCapacity: async () => {
      cloud.withoutCapacity = 1
    },
    patience: 10_000,
    close: async () => undefined,
  }
}

/** AWS itself: FORMWRIGHT_TEST_AWS is a zone, FORMWRIGHT_TEST_AMI an image there, credentials as the SDK finds them. */
async function aws(): Promise<Target> {
  const compute = new Ec2Compute({ imageId: process.env.FORMWRIGHT_TEST_AMI! })
  return { compute, zone: process.env.FORMWRIGHT_TEST_AWS!, prepare: () => undefined, patience: 300_000, close: async () => undefined }
}

const targets: [string, () => Promise<Target>][] = [
  ['the embedded EC2', embedded],
  ['the cloud of the simulation', simulated],
]
if (process.env.FORMWRIGHT_TEST_AWS) targets.push(['AWS', aws])

suite.each(targets)('%s as the compute port', (_, open) => {
  let target: Target
  let region: string
  const launched: Instance[] = []

  beforeAll(async () => {
    target = await open()
    region = target.zone.slice(0, -1)
  }, 120_000)
  afterAll(async () => {
    for (const one of launched) await target.compute.terminate(region, one.id)
    await target?.close()
  }, 60_000)

  async function launch(run: string, more: Partial<LaunchSpec> = {}): Promise<Instance> {
    target.prepare(run)
    const instance = await target.compute.launch({
      region,
      zone: target.zone,
      instanceType: INSTANCE_TYPE,
      maxDollarsPerHour: 5,
      clientToken: randomUUID(),
      userData: '#!/bin/sh\nsleep 600\n',
      tags: { [TAGS.run]: run, [TAGS.attempt]: '1', [TAGS.deadline]: '2030-01-01T00:00:00.000Z', [TAGS.workflow]: 'conformance' },
      ...more,
    })
    launched.push(instance)
    return instance
  }
  async function gone(id: string): Promise<void> {
    for (const end = Date.now() + target.patience; Date.now() < end; await sleep(200))
      if ((await target.compute.describe(region, id))?.state === 'terminated') return
    throw new Error(`${id} is not terminated`)
  }

  test('each type and zone has one price', async () => {
    const prices = await target.compute.spotPrices({ region, instanceTypes: [INSTANCE_TYPE] })
    expect(prices.every((price) => price.instanceType === INSTANCE_TYPE && price.dollarsPerHour > 0)).toBe(true)
    expect(prices.map((price) => price.zone)).toContain(target.zone)
    expect(new Set(prices.map((price) => price.zone)).size).toBe(prices.length)
  })

  test('a launch is found by run and attempt, is the same for the same token, and ends when it is told to, however often', async () => {
    const [run, clientToken] = [newRun(), randomUUID()]
    const { id } = await launch(run, { clientToken })
    expect((await launch(run, { clientToken })).id).toBe(id)
    const find = (attempt?: number) => target.compute.find({ region, run, attempt })
    expect(await find()).toMatchObject([{ id, zone: target.zone, instanceType: INSTANCE_TYPE, tags: { [TAGS.run]: run } }])
    expect(await find(1)).toHaveLength(1)
    expect(await find(2)).toEqual([])
    expect((await target.compute.find({ region })).map((one) => one.id)).toContain(id)
    for (const _ of [1, 2]) await target.compute.terminate(region, id)
    await gone(id)
    await target.compute.terminate(region, id)
    await expect(launch(run, { clientToken })).rejects.toThrow(LaunchRefused)
  }, 330_000)

  test('a maximum below the price and a lack of capacity are told apart', async () => {
    const run = newRun()
    await expect(launch(run, { maxDollarsPerHour: 0.0001 })).rejects.toThrow(PriceRisen)
    if (!target.noCapacity) return
    await target.noCapacity()
    await expect(launch(run)).rejects.toThrow(NoCapacity)
    expect(await target.compute.find({ region, run })).toEqual([])
  })

  test('an instance that nobody knows is null, and ending it is no error', async () => {
    expect(await target.compute.describe(region, NOBODYS)).toBeNull()
    await target.compute.terminate(region, NOBODYS)
  })

  test('infra/aws/ allows the worker every call that was made here, but to end what is not ours', () => {
    if (!target.notAllowed) return
    expect(target.notAllowed()).toEqual([expect.stringMatching(`ec2:TerminateInstances .*/${NOBODYS}$`)])
  })
})
