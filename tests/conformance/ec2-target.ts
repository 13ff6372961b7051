import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { INSTANCE_PROFILE } from '../../contracts/compute.js'
import { type Platform, startPlatform } from '../../infra/local/platform.js'

/** An EC2 that the suite runs on. */
export interface Ec2Target {
  client: EC2Client
  imageId: string
  zone: string
  /** Milliseconds within which an instance boots or ends. */
  patience: number
  close(): Promise<void>
}

export const INSTANCE_TYPE = 'c7i.large'

export const clientOf = (env: Record<string, string>): EC2Client =>
  new EC2Client({
    endpoint: env.FORMWRIGHT_EC2_ENDPOINT,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
    maxAttempts: 1,
  })

/** The embedded EC2 with its object store, in a folder of its own. */
export async function embeddedPlatform(): Promise<{ platform: Platform; close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'fw-ec2-'))
  const platform = await startPlatform({ dir, parts: ['s3', 'ec2'] })
  return {
    platform,
    async close() {
      await platform.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export async function embeddedTarget(): Promise<Ec2Target> {
  const { platform, close } = await embeddedPlatform()
  const client = clientOf(platform.env)
  return {
    client,
    imageId: platform.env.FORMWRIGHT_AMI!,
    zone: 'us-east-1a',
    patience: 15_000,
    async close() {
      client.destroy()
      await close()
    },
  }
}

/** AWS itself: FORMWRIGHT_TEST_AWS is a zone, FORMWRIGHT_TEST_AMI an image there, credentials as the SDK finds them. */
export async function awsTarget(): Promise<Ec2Target> {
  const zone = process.env.FORMWRIGHT_TEST_AWS!
  const client = new EC2Client({ region: zone.slice(0, -1) })
  return { client, imageId: process.env.FORMWRIGHT_TEST_AMI!, zone, patience: 300_000, close: async () => client.destroy() }
}

export const script = (text: string): string => Buffer.from(`#!/bin/sh\n${text}\n`).toString('base64')

/** A spot request as the worker makes it. */
export const request = (
  target: Pick<Ec2Target, 'imageId' | 'zone'>,
  clientToken: string,
  userData: string,
  more: Partial<RunInstancesCommandInput> = {},
): RunInstancesCommandInput => ({
  ImageId: target.imageId,
  MinCount: 1,
  MaxCount: 1,
  InstanceType: INSTANCE_TYPE,
  ClientToken: clientToken,
  UserData: script(userData),
  Placement: { AvailabilityZone: target.zone },
  InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { SpotInstanceType: 'one-time' } },
  InstanceInitiatedShutdownBehavior: 'terminate',
  TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'formwright:test', Value: clientToken }] }],
  ...more,
})

export const withProfile = { IamInstanceProfile: { Name: INSTANCE_PROFILE } }

export async function launch(client: EC2Client, input: RunInstancesCommandInput): Promise<Instance> {
  return (await client.send(new RunInstancesCommand(input))).Instances![0]!
}

export async function describe(client: EC2Client, id: string): Promise<Instance> {
  const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations![0]!.Instances![0]!
}

export async function find(client: EC2Client, filters: Record<string, string>): Promise<string[]> {
  const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }))
  const { Reservations } = await client.send(new DescribeInstancesCommand({ Filters }))
  return Reservations!.flatMap((r) => r.Instances!.map((i) => i.InstanceId!))
}

/** Waits until the instance is in a state, and answers it then. */
export async function inState(client: EC2Client, id: string, state: string, patience: number): Promise<Instance> {
  for (const end = Date.now() + patience; ; await sleep(200)) {
    const instance = await describe(client, id)
    if (instance.State?.Name === state) return instance
    if (Date.now() > end) throw new Error(`${id} is still ${instance.State?.Name}, not ${state}`)
  }
}

export async function terminate(client: EC2Client, id: string, patience: number): Promise<Instance> {
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  return inState(client, id, 'terminated', patience)
}
