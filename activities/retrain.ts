import { AdapterManifest, type Digest } from '../contracts/index.js'
import type { InferenceAdmin } from './ports/inference.js'
import type { ObjectStore } from './ports/object-store.js'

export interface RetrainActivities {
  /** Dataset that the live adapter was trained on; null when nothing is live, or its manifest is not in the store. */
  trainedOn(adapter: string): Promise<Digest | null>
}

/** What a retraining is decided by. */
export function createRetrainActivities({ inference, store }: { inference: InferenceAdmin; store: ObjectStore }): RetrainActivities {
  return {
    async trainedOn(adapter) {
      const live = await inference.live(adapter)
      const manifest = live && (await store.get(`adapters/${live}/manifest.json`))
      return manifest ? AdapterManifest.parse(JSON.parse(Buffer.from(manifest.bytes).toString('utf8'))).dataset : null
    },
  }
}
