import type { Client } from '@temporalio/client'
import { PRESET_PLANS } from '../../../contracts/index.js'
import { RunClient } from '../../../scripts/run-client.js'
import { type Throwaway, throwawayPlatform } from '../../end-to-end/throwaway.js'
import { S3Proxy } from './s3-proxy.js'

/** The embedded platform with everything a drill needs to hurt it. */
export interface Setting extends Throwaway {
  s3: S3Proxy
  runs: RunClient
  client: Client
}

export async function openSetting(): Promise<Setting> {
  const s3 = await S3Proxy.start()
  const throwaway = await throwawayPlatform((portsFile) => {
    s3.forwardBy(portsFile)
    return { FORMWRIGHT_S3_ENDPOINT: s3.url }
  })
  const runs = await RunClient.connect({ ...throwaway.platform.env })
  return {
    ...throwaway,
    s3,
    runs,
    client: runs.client,
    async close() {
      await runs.close()
      await throwaway.close()
      s3.close()
    },
  }
}

/** Steps enough for a fault in the middle. */
export const DRILL_STEPS = 4
export const DRILL_INPUT = { preset: 'tiny' as const, hyperparameters: { maxSteps: DRILL_STEPS }, budget: { maxDollars: 1 } }
export const INSTANCE_TYPES = PRESET_PLANS.tiny.instanceTypes.embedded
