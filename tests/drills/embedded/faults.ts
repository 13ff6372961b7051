import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { type Ending, type Quote, type RunProgress, type Stage, STAGES, TAGS } from '../../../contracts/index.js'
import type { PartName } from '../../../infra/local/part.js'
import { INSTANCE_TYPES, type Setting } from './setting.js'

/** The SDK itself asks so often before a call has failed. */
const CALLS_OF_ONE = 4

/** What a fault gets to work with. */
export interface Scene {
  setting: Setting
  handle: WorkflowHandle
  /** Resolves when the run has reached the stage; rejects when it ended before. */
  reached(stage: Stage): Promise<void>
  /** Resolves with the progress once it is so. */
  seen(what: (progress: RunProgress) => boolean): Promise<RunProgress>
}

export interface Fault {
  name: string
  /** Endings that it can lead to; the run's own when absent. */
  endings?: Ending[]
  /** Decisions among its own that must be refused. */
  refused?: number
  /** Answers the quote itself, instead of the plain approval. */
  decides?: (scene: Scene, quote: Quote) => Promise<void>
  /** Ordered before the run starts. */
  before?: (setting: Setting) => Promise<void>
  /** Lives beside the run. */
  during?: (scene: Scene) => Promise<void>
  /** The run itself is gone without a page: terminated by hand. */
  gone?: boolean
}

async function killPart({ setting: { platform } }: Scene, name: PartName): Promise<void> {
  await platform.part(name).kill()
  await platform.start(name)
}

const openInstance = async (scene: Scene): Promise<string> => {
  const { attempts } = await scene.seen((p) => p.attempts.some((attempt) => attempt.ending === 'running' && attempt.instanceId !== null))
  return attempts.find((attempt) => attempt.ending === 'running')!.instanceId!
}
const training = (scene: Scene): Promise<RunProgress> => scene.seen((p) => (p.training?.step ?? 0) >= 1 || p.stage !== 'training')

export const approve = async ({ handle }: Scene, quote: Quote, more: object = {}): Promise<void> =>
  handle.signal('approveSpend', { quoteDigest: quote.digest, planDigest: quote.planDigest, approver: 'ann', ...more })
const reject = async ({ handle }: Scene, quote: Quote): Promise<void> =>
  handle.signal('rejectSpend', { quoteDigest: quote.digest, approver: 'bob' })

const killsWorker = (stage: Stage): Fault => ({
  name: `worker killed while ${stage}`,
  during: async (scene) => {
    await scene.reached(stage)
    await killPart(scene, 'worker')
  },
})
const cancels = (stage: Stage): Fault => ({
  name: `cancelled while ${stage}`,
  endings: ['cancelled', 'promoted'],
  during: async ({ reached, handle }) => {
    await reached(stage)
    await handle.cancel()
  },
})
const terminates = (stage: Stage): Fault => ({
  name: `terminated while ${stage}`,
  gone: true,
  during: async ({ reached, handle }) => {
    await reached(stage)
    await handle.terminate('a drill')
  },
})
const answers = (name: string, action: string, more: object): Fault => ({
  name,
  before: async ({ platform }) => void (await platform.ec2.order({ action, ...more })),
})
const stores = (name: string, fault: Parameters<Setting['s3']['order']>[0]): Fault => ({
  name,
  before: async ({ s3 }) => void s3.order(fault),
})

const killsTemporal = (stage: Stage): Fault => ({
  name: `Temporal killed while ${stage}`,
  during: async (scene) => {
    await scene.reached(stage)
    if (stage === 'training') await training(scene)
    await killPart(scene, 'temporal')
  },
})

/** Everything that a drill can do to a run. */
export const FAULTS: Fault[] = [
  { name: 'nothing' },
  ...STAGES.map(killsWorker),
  ...STAGES.map(cancels),
  ...STAGES.map(terminates),
  ...(['awaiting-approval', 'training', 'evaluating'] as const).map(killsTemporal),
  {
    name: "the instance's processes killed",
    during: async (scene) => {
      const id = await openInstance(scene)
      await training(scene)
      await scene.setting.platform.ec2.signal(id, 9)
    },
  },
  {
    name: 'interrupted with notice',
    during: async (scene) => {
      const id = await openInstance(scene)
      await training(scene)
      await scene.setting.platform.ec2.interrupt(id, 20)
    },
  },
  { name: 'interrupted, and the newest checkpoint is corrupt', during: corruptNewest },
  {
    name: 'rebalance recommended',
    during: async (scene) => openInstance(scene).then(async (id) => void (await scene.setting.platform.ec2.rebalance(id))),
  },
  answers('the launch answered with a timeout after it succeeded', 'RunInstances', { after: true, hang_seconds: 1 }),
  answers('the launch answered with an error after it succeeded', 'RunInstances', { after: true, code: 'InternalError' }),
  answers('throttled', 'DescribeInstances', { code: 'RequestLimitExceeded', status: 503, times: 4 }),
  answers('termination fails three times', 'TerminateInstances', { code: 'InternalError', times: 3 * CALLS_OF_ONE }),
  answers('no capacity for the first type', 'RunInstances', {
    code: 'InsufficientInstanceCapacity',
    times: CALLS_OF_ONE,
    match: { InstanceType: INSTANCE_TYPES[0] },
  }),
  answers('the token is refused once', 'RunInstances', { code: 'RequestExpired', status: 400 }),
  stores('S3 answers 503', { path: '/', status: 503, times: 6 }),
  stores('S3 answers 409 to writes', { method: 'PUT', path: 'datasets/', status: 409, times: 2 }),
  stores('S3 loses the answer to a write', { method: 'PUT', path: 'runs/', status: 503, after: true, times: 2 }),
  stores('S3 says that the adapter is there already', { method: 'PUT', path: 'adapters/', status: 412, after: true, times: 2 }),
  stores('S3 is slow', { path: 'runs/', delayMs: 1500, times: 10 }),
  stores('S3 cuts a stream', { method: 'GET', path: 'adapter_model.safetensors', cut: true, times: 1 }),
  { name: 'approved twice', refused: 1, decides: async (scene, quote) => approve(scene, quote).then(() => approve(scene, quote)) },
  { name: 'approved, then rejected', refused: 1, decides: async (scene, quote) => approve(scene, quote).then(() => reject(scene, quote)) },
  {
    name: 'rejected, then approved',
    refused: 1,
    endings: ['scope-deferred'],
    decides: async (scene, quote) => reject(scene, quote).then(() => approve(scene, quote)),
  },
  {
    name: 'a wrong digest first',
    refused: 1,
    decides: async (scene, quote) => approve(scene, quote, { quoteDigest: 'f'.repeat(64) }).then(() => approve(scene, quote)),
  },
  {
    name: 'approved too early',
    refused: 1,
    during: async ({ handle }) => handle.signal('approveSpend', { quoteDigest: 'e'.repeat(64), approver: 'early' }),
  },
  {
    name: 'approved late',
    decides: async (scene, quote) => {
      await sleep(3_000)
      await approve(scene, quote)
    },
  },
  { name: 'the price rises after the approval', decides: raisePrices },
  { name: 'interrupted in mid-checkpoint', during: interruptMidCheckpoint },
]

/** Doubles the price of everything that was offered and approves; back when the next quote is there, which is approved as any. */
async function raisePrices(scene: Scene, quote: Quote): Promise<void> {
  const { ec2 } = scene.setting.platform
  for (const offer of quote.offers) await ec2.price(offer.instanceType, offer.zone, offer.spotDollarsPerHour * 2)
  await approve(scene, quote)
  await scene.seen((p) => p.quote !== null && p.quote.digest !== quote.digest)
  for (const offer of quote.offers) await ec2.price(offer.instanceType, offer.zone, offer.spotDollarsPerHour)
}

/** The notice comes while the object store holds back the checkpoint that a recommendation to move has ordered. */
async function interruptMidCheckpoint(scene: Scene): Promise<void> {
  const id = await openInstance(scene)
  const { run } = await training(scene)
  const { s3, platform } = scene.setting
  const held = s3.order({ method: 'PUT', path: `${run}/checkpoints/`, delayMs: 3_000, times: 1 })
  await platform.ec2.rebalance(id)
  await scene.seen(() => held.struck > 0)
  await platform.ec2.interrupt(id, 20)
}

/** EC2 takes the instance; what it saved last is damaged before the next one reads it. */
async function corruptNewest(scene: Scene): Promise<void> {
  const id = await openInstance(scene)
  const { run } = await training(scene)
  await scene.setting.platform.ec2.interrupt(id, 20)
  await scene.seen((p) => p.attempts[0]?.ending === 'interrupted' || p.stage !== 'training')
  const { store } = scene.setting
  const steps = (await store.list(`runs/${run}/checkpoints/`))
    .filter((key) => key.endsWith('/manifest.json'))
    .map((key) => key.split('/')[3]!)
  const newest = steps.sort((a, b) => Number(b) - Number(a))[0]
  if (newest) await store.put(`runs/${run}/checkpoints/${newest}/state.safetensors`, Buffer.from('not what the manifest says'))
}

/** Instances of a run, by the tag. */
export const isOf =
  (run: string) =>
  (instance: { tags: Record<string, string> }): boolean =>
    instance.tags[TAGS.run] === run
