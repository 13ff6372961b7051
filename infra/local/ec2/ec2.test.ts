import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeSpotInstanceRequestsCommand, GetConsoleOutputCommand, type RunInstancesCommandInput } from '@aws-sdk/client-ec2'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TAGS } from '../../../contracts/compute.js'
import {
  clientOf,
  describe,
  embeddedPlatform,
  find,
  inState,
  launch,
  request,
  terminate,
  withProfile,
} from '../../../tests/conformance/ec2-target.js'
import { objectStore } from '../object-store.js'
import type { Platform } from '../platform.js'
import { startOf } from '../processes.js'

const PATIENCE = 15_000
const ZONE = 'us-east-1a'
/** Asks the metadata service for a page: `imds PATH`. */
const IMDS = `imds() { python - "$1" <<'P'
import os, sys, urllib.request as u, urllib.error
base = os.environ['AWS_EC2_METADATA_SERVICE_ENDPOINT'] + '/latest/'
token = u.urlopen(u.Request(base + 'api/token', method='PUT', headers={'X-aws-ec2-metadata-token-ttl-seconds': '60'})).read().decode()
try: print(u.urlopen(u.Request(base + sys.argv[1], headers={'X-aws-ec2-metadata-token': token})).read().decode())
except urllib.error.HTTPError as error: print(error.code)
P
}`

let platform: Platform
let close: () => Promise<void>
let client: ReturnType<typeof clientOf>
const stores: ReturnType<typeof objectStore>[] = []

beforeAll(async () => {
  const opened = await embeddedPlatform()
  platform = opened.platform
  close = opened.close
  client = clientOf(platform.env)
}, 60_000)
afterAll(async () => {
  for (const open of [client, ...stores]) open?.destroy()
  await close?.()
}, 60_000)

const storeOf = (env: Record<string, string>) => {
  const store = objectStore(env)
  stores.push(store)
  return store
}

const start = async (userData: string, more: Partial<RunInstancesCommandInput> = {}, token: string = randomUUID()) =>
  (await launch(client, request({ imageId: platform.env.FORMWRIGHT_AMI!, zone: ZONE }, token, userData, more))).InstanceId!

const tagged = (run: string): Partial<RunInstancesCommandInput> => ({
  ...withProfile,
  MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
  TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: TAGS.run, Value: run }] }],
})

async function consoleOf(id: string, until: string): Promise<string> {
  for (const end = Date.now() + PATIENCE; ; await sleep(200)) {
    const { Output } = await client.send(new GetConsoleOutputCommand({ InstanceId: id }))
    const text = Buffer.from(Output ?? '', 'base64').toString()
    if (text.includes(until)) return text
    if (Date.now() > end) throw new Error(`${id} wrote only: ${text}`)
  }
}

const isRunning = (pid: number): boolean => startOf(pid) !== undefined

const processesOf = async (id: string) => (await platform.ec2.instances()).find((i) => i.id === id)!.pids

test('an instance starts as a fresh machine: own home, metadata, the image in its PATH, none of our environment', async () => {
  const id = await start(
    `${IMDS}; imds meta-data/instance-id; imds meta-data/tags/instance/${TAGS.run}; imds meta-data/spot/instance-action; pwd; env; echo done`,
    tagged('r-env'),
  )
  const text = await consoleOf(id, 'done')
  expect(text).toContain(`${id}\nr-env\n404\n`)
  expect(text).toContain(`/${id}/home`)
  expect(text).not.toContain('FORMWRIGHT_ADMIN_TOKEN')
  expect(text).not.toContain('NODE_OPTIONS')
  await terminate(client, id, PATIENCE)
})

test('the metadata service refuses a request without a session token', async () => {
  const id = await start(`python -c "
import os, urllib.request as u
u.urlopen(os.environ['AWS_EC2_METADATA_SERVICE_ENDPOINT'] + '/latest/meta-data/instance-id')"; echo done`)
  expect(await consoleOf(id, 'done')).toContain('HTTP Error 401')
  await terminate(client, id, PATIENCE)
})

test("an instance's key writes below its own run only, and ends with the instance", async () => {
  const worker = storeOf(platform.env)
  await worker.send(new PutObjectCommand({ Bucket: 'formwright', Key: 'datasets/d/x', Body: 'x' }))
  const s3 = `python - <<'P'
import os, boto3
from botocore.exceptions import ClientError
key = boto3.Session().get_credentials()
print('KEY', key.access_key, key.secret_key)
s3 = boto3.client('s3', endpoint_url='${platform.env.FORMWRIGHT_S3_ENDPOINT}', region_name='us-east-1')
def attempt(name, call, **more):
    try: call(Bucket='formwright', **more); print(name, 'allowed')
    except ClientError as error: print(name, error.response['Error']['Code'])
attempt('own', s3.put_object, Key='runs/r-own/x', Body=b'1')
attempt('other', s3.put_object, Key='runs/r-other/x', Body=b'1')
attempt('adapter', s3.put_object, Key='adapters/x', Body=b'1')
attempt('dataset', s3.get_object, Key='datasets/d/x')
attempt('list', s3.list_objects_v2, Prefix='runs/r-own/')
P
echo done`
  const id = await start(s3, tagged('r-own'))
  const text = await consoleOf(id, 'done')
  expect(text).toContain('own allowed\nother AccessDenied\nadapter AccessDenied\ndataset allowed\nlist allowed')
  await terminate(client, id, PATIENCE)
  const [, accessKeyId, secretAccessKey] = /KEY (\S+) (\S+)/.exec(text)!
  const late = storeOf({ ...platform.env, AWS_ACCESS_KEY_ID: accessKeyId!, AWS_SECRET_ACCESS_KEY: secretAccessKey! })
  await expect(late.send(new GetObjectCommand({ Bucket: 'formwright', Key: 'runs/r-own/x' }))).rejects.toMatchObject({
    name: 'InvalidAccessKeyId',
  })
  expect((await worker.send(new ListObjectsV2Command({ Bucket: 'formwright', Prefix: 'runs/' }))).KeyCount).toBe(1)
})

test('termination ends every process of the instance, also one that left its group and ignores SIGTERM', async () => {
  const id = await start(
    `trap '' TERM; python -c "import os, signal, time; os.setsid(); signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)" & sleep 600 & wait`,
  )
  await consoleOf(id, 'ready')
  const pids = await processesOf(id)
  expect(pids.length).toBeGreaterThanOrEqual(3)
  await terminate(client, id, PATIENCE)
  expect(pids.filter(isRunning)).toEqual([])
})

test('an interruption notice is shown first, then the instance is taken', async () => {
  const id = await start(
    `${IMDS}; until imds meta-data/spot/instance-action | grep action; do sleep 0.2; done; trap 'echo saved; exit' TERM; sleep 600 & wait`,
  )
  await inState(client, id, 'running', PATIENCE)
  await platform.ec2.rebalance(id)
  await platform.ec2.interrupt(id, 4)
  const ended = await inState(client, id, 'terminated', PATIENCE)
  expect(ended.StateReason?.Code).toBe('Server.SpotInstanceTermination')
  expect(await consoleOf(id, 'saved')).toContain('"action": "terminate"')
  const { SpotInstanceRequests } = await client.send(
    new DescribeSpotInstanceRequestsCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }),
  )
  expect(SpotInstanceRequests![0]!.Status!.Code).toBe('instance-terminated-no-capacity')
})

test('a price above the maximum of an instance gives it a notice', async () => {
  const id = await start('sleep 600', {
    Placement: { AvailabilityZone: 'us-east-1d' },
    InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.05' } },
  })
  await platform.ec2.price('c7i.large', 'us-east-1d', 0.09)
  const state = (await platform.ec2.instances()).find((i) => i.id === id)!
  expect(state.spot_status).toBe('marked-for-termination')
  await terminate(client, id, PATIENCE)
})

test('a launch whose answer is lost has happened, once, under its token', async () => {
  const token = randomUUID()
  await platform.ec2.order({ action: 'RunInstances', after: true, hang_seconds: 0.2 })
  await expect(start('sleep 600', {}, token)).rejects.toThrow()
  const [id] = await find(client, { 'client-token': token })
  expect(await start('sleep 600', {}, token)).toBe(id)
  await terminate(client, id!, PATIENCE)
})

test('ordered faults strike the calls they name, as often as ordered, and change nothing', async () => {
  const token = randomUUID()
  await platform.ec2.order({ action: 'RunInstances', code: 'InsufficientInstanceCapacity', match: { 'Placement.AvailabilityZone': ZONE } })
  await expect(start('sleep 600', {}, token)).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' })
  expect(await find(client, { 'client-token': token })).toEqual([])
  const id = await start('sleep 600', {}, token)
  await platform.ec2.order({ action: 'TerminateInstances', code: 'InternalError', times: 2 })
  for (const _ of [1, 2]) await expect(terminate(client, id, PATIENCE)).rejects.toMatchObject({ name: 'InternalError' })
  expect((await describe(client, id)).State?.Name).toMatch(/pending|running/)
  await terminate(client, id, PATIENCE)
  await platform.ec2.order({ action: 'DescribeInstances', code: 'RequestLimitExceeded', status: 503 })
  await expect(describe(client, id)).rejects.toMatchObject({ name: 'RequestLimitExceeded' })
  expect(await platform.ec2.faults()).toEqual([])
})

test('a wrong key or no key is refused', async () => {
  await expect(find(clientOf({ ...platform.env, AWS_SECRET_ACCESS_KEY: 'wrong' }), {})).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  })
  await expect(find(clientOf({ ...platform.env, AWS_ACCESS_KEY_ID: 'NOBODY' }), {})).rejects.toMatchObject({ name: 'AuthFailure' })
  expect((await fetch(`${platform.env.FORMWRIGHT_EC2_ENDPOINT}/_control/instances`)).status).toBe(401)
})

test('after SIGKILL of the EC2 part, a living instance is taken over and a dead one is marked terminated', async () => {
  const [alive, dead] = [await start(`${IMDS}; while true; do imds meta-data/instance-id; sleep 0.5; done`), await start('sleep 600')]
  await consoleOf(alive, alive)
  await inState(client, dead, 'running', PATIENCE)
  const [pid] = await processesOf(dead)
  await platform.part('ec2').kill()
  process.kill(-pid!, 'SIGKILL')
  await platform.start('ec2')
  expect((await describe(client, alive)).State?.Name).toBe('running')
  expect((await inState(client, dead, 'terminated', PATIENCE)).StateReason?.Code).toBe('Server.InternalError')
  const before = (await consoleOf(alive, alive)).length
  await sleep(1_500)
  expect((await consoleOf(alive, alive)).length).toBeGreaterThan(before)
  await terminate(client, alive, PATIENCE)
  expect((await platform.ec2.instances()).flatMap((i) => i.pids)).toEqual([])
}, 60_000)
