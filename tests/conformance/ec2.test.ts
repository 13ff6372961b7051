import { randomUUID } from 'node:crypto'
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSpotPriceHistoryCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe as suite, expect, test } from '@jest/globals'
import {
  awsTarget,
  describe,
  type Ec2Target,
  embeddedTarget,
  find,
  INSTANCE_TYPE,
  inState,
  launch,
  request,
  terminate,
} from './ec2-target.js'

const targets: [string, () => Promise<Ec2Target>][] = [['the embedded EC2', embeddedTarget]]
if (process.env.FORMWRIGHT_TEST_AWS) targets.push(['AWS', awsTarget])

suite.each(targets)('%s', (_, open) => {
  let target: Ec2Target
  const launched = new Set<string>()

  const start = async (token: string, userData = 'sleep 600', more = {}) => {
    const instance = await launch(target.client, request(target, token, userData, more))
    launched.add(instance.InstanceId!)
    return instance
  }

  beforeAll(async () => {
    target = await open()
  }, 60_000)
  afterAll(async () => {
    if (launched.size > 0) await target.client.send(new TerminateInstancesCommand({ InstanceIds: [...launched] }))
    await target?.close()
  }, 60_000)

  test('a client token launches one instance, however often it is sent', async () => {
    const token = randomUUID()
    const first = await start(token)
    const again = await start(token)
    expect(again.InstanceId).toBe(first.InstanceId)
    expect(again.ClientToken).toBe(token)
    expect(await find(target.client, { 'client-token': token })).toEqual([first.InstanceId])
  })

  test('a client token with other parameters is refused', async () => {
    const token = randomUUID()
    await start(token)
    await expect(start(token, 'sleep 601')).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' })
  })

  test('the token of a terminated instance is refused', async () => {
    const token = randomUUID()
    const { InstanceId } = await start(token)
    await terminate(target.client, InstanceId!, target.patience)
    await expect(start(token)).rejects.toMatchObject({ name: 'IdempotentInstanceTerminated' })
  }, 330_000)

  test('an instance is found by tag, lifecycle and state, and by tags added later', async () => {
    const token = randomUUID()
    const { InstanceId: id } = await start(token)
    await inState(target.client, id!, 'running', target.patience)
    await target.client.send(new CreateTagsCommand({ Resources: [id!], Tags: [{ Key: 'formwright:late', Value: token }] }))
    const filters = {
      'tag:formwright:test': token,
      'tag:formwright:late': token,
      'instance-lifecycle': 'spot',
      'instance-state-name': 'running',
    }
    expect(await find(target.client, filters)).toEqual([id])
    expect(await find(target.client, { ...filters, 'instance-state-name': 'terminated' })).toEqual([])
  }, 330_000)

  test('termination is seen to its end, and may be asked for twice', async () => {
    const { InstanceId: id } = await start(randomUUID())
    const ended = await terminate(target.client, id!, target.patience)
    expect(ended.StateReason?.Code).toBe('Client.UserInitiatedShutdown')
    const { TerminatingInstances } = await target.client.send(new TerminateInstancesCommand({ InstanceIds: [id!] }))
    expect(TerminatingInstances![0]!.CurrentState!.Name).toBe('terminated')
  }, 330_000)

  test('shutdown inside the instance terminates it', async () => {
    const { InstanceId: id } = await start(randomUUID(), 'shutdown -h now; sleep 600')
    const ended = await inState(target.client, id!, 'terminated', target.patience)
    expect(ended.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown')
  }, 330_000)

  test('a spot instance has a request record that closes with it', async () => {
    const { InstanceId: id, SpotInstanceRequestId: request, InstanceLifecycle } = await start(randomUUID())
    expect(InstanceLifecycle).toBe('spot')
    const record = async () => {
      const { SpotInstanceRequests } = await target.client.send(
        new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [request!] }),
      )
      return SpotInstanceRequests![0]!
    }
    expect(await record()).toMatchObject({ InstanceId: id, State: 'active', Status: { Code: 'fulfilled' } })
    await terminate(target.client, id!, target.patience)
    expect(await record()).toMatchObject({ State: 'closed', Status: { Code: 'instance-terminated-by-user' } })
  }, 330_000)

  test('spot prices valid now are given once for each zone', async () => {
    const { SpotPriceHistory } = await target.client.send(
      new DescribeSpotPriceHistoryCommand({ InstanceTypes: [INSTANCE_TYPE], ProductDescriptions: ['Linux/UNIX'], StartTime: new Date() }),
    )
    const zones = SpotPriceHistory!.map((p) => p.AvailabilityZone)
    expect(zones).toContain(target.zone)
    expect(new Set(zones).size).toBe(zones.length)
    expect(SpotPriceHistory!.every((p) => Number(p.SpotPrice) > 0 && p.InstanceType === INSTANCE_TYPE)).toBe(true)
  })

  test('a maximum below the spot price launches nothing', async () => {
    const token = randomUUID()
    const cheap = { InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.0001' } } }
    await expect(start(token, 'true', cheap)).rejects.toMatchObject({ name: 'SpotMaxPriceTooLow' })
    expect(await find(target.client, { 'client-token': token })).toEqual([])
  })

  test('an unknown image, instance or filter is refused by name', async () => {
    await expect(start(randomUUID(), 'true', { ImageId: 'ami-0123456789abcdef0' })).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound' })
    await expect(describe(target.client, 'i-0123456789abcdef0')).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' })
    const nonsense = new DescribeInstancesCommand({ Filters: [{ Name: 'nonsense', Values: ['x'] }] })
    await expect(target.client.send(nonsense)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  })

  test('instance types tell their processors and memory', async () => {
    const { InstanceTypes } = await target.client.send(new DescribeInstanceTypesCommand({ InstanceTypes: [INSTANCE_TYPE] }))
    expect(InstanceTypes![0]).toMatchObject({ VCpuInfo: { DefaultVCpus: 2 }, MemoryInfo: { SizeInMiB: 4096 } })
  })
})
