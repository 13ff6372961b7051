import type { Client } from '@temporalio/client'
import { S3Store } from '../../../activities/ports/s3.js'
import { PRESET_PLANS } from '../../../contracts/index.js'
import { RunClient } from '../../../scripts/run-client.js'
import { type Throwaway, throwawayPlatform } from '../../end-to-end/throwaway.js'
import { S3Proxy } from './s3-proxy.js'

/** The embedded platform with everything a drill needs to hurt it. */
export interface Setting extends Throwaway {
  s3: S3Proxy
  runs: RunClient
  client: Client
  /** Past the proxy: what a drill itself does to the store. */
  store: S3Store
  /** Losses of an undisturbed training; the first run that ends one sets them. */
  losses?: string
  /** Adapters that were there before, and those that runs have made. */
  adapters: Set<string>
  /** What every run gets. */
  input: typeof DRILL_INPUT & { initFrom: string }
}

export async function openSetting(): Promise<Setting> {
  const s3 = await S3Proxy.start()
  const throwaway = await throwawayPlatform((portsFile) => {
    s3.forwardBy(portsFile)
    return { FORMWRIGHT_S3_ENDPOINT: s3.url }
  })
  const { env, state } = throwaway.platform
  const runs = await RunClient.connect({ ...env })
  const store = new S3Store({ bucket: env.FORMWRIGHT_BUCKET!, region: env.AWS_REGION!, endpoint: state.addresses.s3 })
  const adapters = await adaptersIn(store)
  const [shipped] = adapters
  if (!shipped || adapters.size > 1) throw new Error(`Expected the shipped adapter in a new store; got ${[...adapters]}`)
  return {
    ...throwaway,
    s3,
    runs,
    client: runs.client,
    store,
    adapters,
    input: { ...DRILL_INPUT, initFrom: shipped },
    async close() {
      await runs.close()
      await throwaway.close()
      s3.close()
    },
  }
}

export const adaptersIn = async (store: S3Store): Promise<Set<string>> =>
  new Set((await store.list('adapters/')).map((key) => key.split('/')[1]!))

/** Steps enough for a fault in the middle: notices and heartbeats come every two seconds. */
export const DRILL_STEPS = 10
/** Gates that everything passes: a drill asks whether a run ends right, not whether two layers learn anything. */
const OPEN_GATES = { minRecall: 0, margin: 1, maxUnparseable: 100_000, maxP95Seconds: 100_000, maxServiceMemoryMiB: 100_000 }
/** Goes on from the shipped adapter, whose shape it has: one that learned nothing writes so much that a run's evaluation takes longer than the rest. */
const DRILL_INPUT = {
  preset: 'tiny' as const,
  hyperparameters: { maxSteps: DRILL_STEPS, tokensPerStep: 256, rank: 32, alpha: 64, layers: 14, learningRate: 1e-5 },
  budget: { maxDollars: 1 },
  compute: { maxAttempts: 6 },
  gates: OPEN_GATES,
}
export const INSTANCE_TYPES = PRESET_PLANS.tiny.instanceTypes.embedded
