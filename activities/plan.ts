import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import {
  AdapterManifest,
  type Digest,
  type FineTuneInput,
  type Hyperparameters,
  type Plan,
  PRESET_PLANS,
  PROMPT_VERSION,
} from '../contracts/index.js'
import { FolderManifest, type FolderRef, storeDirectory, storeFolder } from './ports/folders.js'
import type { InferenceAdmin } from './ports/inference.js'
import type { ObjectStore } from './ports/object-store.js'
import type { Pace, PlanActivities, PreparedRun, PrepareInput } from './types.js'

/** sha256 by file name. */
export type BasePins = Record<string, Digest>

export interface PlanPorts {
  store: ObjectStore
  inference: InferenceAdmin
  /** Folder of a base model by its name; null when it was never fetched. */
  baseDirectory(name: string): Promise<string | null>
  /** What `training/bases.json` says of a base: sha256 by file, null until somebody has pinned it, undefined for a base that is pinned elsewhere. */
  pins?(name: string): Promise<BasePins | null | undefined>
  /** The training program: training.tar.gz and manifest.json. */
  bundle(): Promise<Map<string, Uint8Array>>
  codeCommit(): Promise<string>
  profile: 'embedded' | 'aws'
  region: string
  /** Absent: that of the profile. */
  pace?: Pace
}

/** The instance leaves when it has heard nothing from the workflow for so long. */
const LEASE_SECONDS = 900
/** At most this much work is lost to an interruption without notice. */
const CHECKPOINT_SECONDS = { embedded: 60, aws: 240 }

/** A laptop boots in a second and is often busy; EC2 takes minutes to boot. */
export const PACES: Record<PlanPorts['profile'], Pace> = {
  embedded: {
    backoffSeconds: 2,
    sliceSeconds: 60,
    pollSeconds: 1,
    restSeconds: 0,
    bootSeconds: 300,
    lostSeconds: 120,
    stuckSeconds: 900,
    graceSeconds: 120,
  },
  aws: {
    backoffSeconds: 30,
    sliceSeconds: 120,
    pollSeconds: 10,
    restSeconds: 0,
    bootSeconds: 900,
    lostSeconds: 180,
    stuckSeconds: 1800,
    graceSeconds: 180,
  },
}

/**
 * Resolves everything that the run leaves open, and stores what an instance needs.
 * @throws PlanRefused when the base is missing or the adapter to start from does not fit
 */
export async function prepareRun(
  ports: PlanPorts,
  { run, input, dataset }: PrepareInput,
  step: (done: string) => void,
): Promise<PreparedRun> {
  const preset = PRESET_PLANS[input.preset]
  const hyperparameters: Hyperparameters = { ...preset.hyperparameters, ...input.hyperparameters }
  const base = { name: preset.base, ...(await storeBase(ports, preset.base, step)) }
  const bundle = await storeFolder(ports.store, 'bundles', await ports.bundle(), step)
  const live = await ports.inference.live(input.adapter)
  const initFrom = await resolveStart(ports, input.initFrom ?? preset.initFrom, live, hyperparameters)
  const plan: Plan = {
    run,
    adapter: input.adapter,
    dataset: dataset.digest,
    base: { name: base.name, digest: base.digest },
    initFrom: initFrom?.digest,
    hyperparameters,
    trainTokens: tokensOf(hyperparameters, dataset.epochTokens),
    compute: {
      region: ports.region,
      instanceTypes: [...preset.instanceTypes[ports.profile]],
      maxAttempts: input.compute.maxAttempts,
      maxHours: input.budget.maxHours,
    },
  }
  const request: PreparedRun['request'] = {
    run,
    promptVersion: PROMPT_VERSION,
    dataset: { uri: dataset.uri, digest: dataset.digest },
    base,
    bundle,
    initFrom,
    hyperparameters,
    output: `s3://${ports.store.bucket}/runs/${run}/`,
    checkpointSeconds: CHECKPOINT_SECONDS[ports.profile],
    leaseSeconds: LEASE_SECONDS,
  }
  const assurance = input.approval.assurance ?? (ports.profile === 'aws' ? 'verified' : 'claimed')
  return { plan, request, pace: ports.pace ?? PACES[ports.profile], assurance, live, codeCommit: await ports.codeCommit() }
}

async function storeBase(ports: PlanPorts, name: string, step: (done: string) => void): Promise<FolderRef> {
  const dir = await ports.baseDirectory(name)
  if (!dir)
    throw refused(
      `The base model ${name} is not here: no folder with its manifest.json. Fetch it, or choose another preset. Nothing was stored.`,
    )
  const pins = await ports.pins?.(name)
  if (pins !== undefined) await checkPins(name, dir, pins)
  return storeDirectory(ports.store, 'bases', dir, step)
}

/** A larger base is trained on only when its files are those that somebody has compared and pinned. */
async function checkPins(name: string, dir: string, pins: BasePins | null): Promise<void> {
  if (pins === null)
    throw refused(
      `The base model ${name} is not pinned: training/bases.json has no sha256 of its files. Import it with --pin (docs/larger-bases.md). Nothing was stored.`,
    )
  const { files } = FolderManifest.parse(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')))
  const found = Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]))
  const different = [...new Set([...Object.keys(pins), ...Object.keys(found)])].filter((path) => pins[path] !== found[path]).sort()
  if (different.length > 0)
    throw refused(
      `The base model ${name}: ${different.join(', ')} differ from what training/bases.json pins. Nothing was stored; import it again.`,
    )
}

/** An adapter can be continued when it has the same prompt format and rank. `live` without anything live, or with another shape, starts from the base. */
async function resolveStart(
  ports: PlanPorts,
  from: FineTuneInput['initFrom'] & string,
  live: string | null,
  wanted: Hyperparameters,
): Promise<FolderRef | undefined> {
  const digest = from === 'live' ? live : from === 'none' ? null : from
  if (!digest) return undefined
  const object = await ports.store.get(`adapters/${digest}/manifest.json`)
  const manifest = object && AdapterManifest.parse(JSON.parse(Buffer.from(object.bytes).toString('utf8')))
  const fits = manifest && manifest.promptVersion === PROMPT_VERSION && manifest.rank === wanted.rank
  if (fits) return { uri: `s3://${ports.store.bucket}/adapters/${digest}/`, digest }
  if (from === 'live') return undefined
  const why = manifest
    ? `has prompt version ${manifest.promptVersion} and rank ${manifest.rank}, the run ${PROMPT_VERSION} and ${wanted.rank}`
    : 'is not in the object store'
  throw refused(`initFrom: adapter ${digest} ${why}`)
}

function tokensOf(h: Hyperparameters, epochTokens: number): number {
  const all = Math.ceil(epochTokens * h.epochs)
  return h.maxSteps ? Math.min(all, h.maxSteps * h.tokensPerStep) : all
}

const refused = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'PlanRefused')

/** The end of the curating stage. */
export function createPlanActivities(ports: PlanPorts): Pick<PlanActivities, 'prepareRun'> {
  return {
    async prepareRun(input) {
      const context = Context.current()
      const pulse = setInterval(() => context.heartbeat('storing'), 5_000)
      return prepareRun(ports, input, (done) => context.heartbeat(done)).finally(() => clearInterval(pulse))
    },
  }
}
