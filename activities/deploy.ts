import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { AdapterManifest, type Plan, PROMPT_VERSION, type TrainResult } from '../contracts/index.js'
import type { Clock } from './ports/clock.js'
import { readFolder, storeFolder } from './ports/folders.js'
import { AdminRefused, type InferenceAdmin } from './ports/inference.js'
import { DigestMismatch, keyOf, type ObjectStore } from './ports/object-store.js'
import type { DeployActivities, PublishedAdapter } from './types.js'

export interface DeployPorts {
  store: ObjectStore
  inference: InferenceAdmin
  clock: Pick<Clock, 'sleep'>
}

/** Orders to unload, and milliseconds between them: a load whose answer got lost may come after the first. What comes later leaves by the service's grace. */
const UNLOADS = 3
const BETWEEN_UNLOADS_MS = 1_000

const refused = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'AdapterRefused')

/**
 * Reads the adapter where the instance left it, verifies every byte and its origin, and stores it under its digest.
 * @throws AdapterRefused when it is not what the plan says; nothing is stored then
 */
export async function publishAdapter(
  store: ObjectStore,
  result: TrainResult,
  plan: Plan,
  step: (done: string) => void,
): Promise<PublishedAdapter> {
  const { digest } = result.adapter
  const files = await readFolder(store, keyOf(store, result.adapter.uri), digest, step).catch((error: unknown) => {
    throw error instanceof DigestMismatch ? refused(error.message) : error
  })
  const manifest = AdapterManifest.parse(JSON.parse(Buffer.from(files.get('manifest.json')!).toString('utf8')))
  const wrong = [
    ['prompt version', manifest.promptVersion, PROMPT_VERSION],
    ['dataset', manifest.dataset, plan.dataset],
    ['base', manifest.base.digest, plan.base.digest],
    ['rank', manifest.rank, plan.hyperparameters.rank],
  ].find(([, found, expected]) => found !== expected)
  if (wrong) throw refused(`Adapter ${digest}: expected ${wrong[0]} ${wrong[2]}, found ${wrong[1]}. It was not published.`)
  return storeFolder(store, 'adapters', files, step)
}

/** Heartbeats while one long step is under way. */
function pulsing<T>(what: string, work: Promise<T>): Promise<T> {
  const context = Context.current()
  const pulse = setInterval(() => context.heartbeat(what), 5_000)
  return work.finally(() => clearInterval(pulse))
}

/** Publishing, deploying and deciding: what touches adapters. */
export function createDeployActivities({ store, inference, clock }: DeployPorts): DeployActivities {
  const step = (done: string): void => Context.current().heartbeat(done)
  const final = (error: unknown): never => {
    throw error instanceof AdminRefused ? ApplicationFailure.nonRetryable(error.message, error.name) : error
  }
  return {
    publishAdapter: ({ result, plan }) => pulsing('publishing', publishAdapter(store, result, plan, step)),
    loadCandidate: ({ digest, uri }) => pulsing('loading', inference.load(digest, uri).catch(final)),
    unloadCandidate: async (digest) => {
      for (let order = 1; order <= UNLOADS; order++) {
        if (order > 1) await clock.sleep(BETWEEN_UNLOADS_MS)
        await inference.unload(digest).catch(final)
      }
    },
    promote: ({ alias, digest }) => inference.setAlias(alias, digest).catch(final),
    readLive: (alias) => inference.live(alias),
    serviceMemoryMiB: () => inference.memoryMiB(),
  }
}
