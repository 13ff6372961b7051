import type { Settings } from '../../contracts/index.js'
import { HttpInferenceAdmin, type InferenceAdmin } from './inference.js'
import type { ObjectStore } from './object-store.js'
import { VllmAdmin } from './vllm.js'

type Chosen = Pick<
  Settings,
  | 'FORMWRIGHT_INFERENCE_API'
  | 'FORMWRIGHT_INFERENCE_URL'
  | 'FORMWRIGHT_INFERENCE_TOKEN'
  | 'FORMWRIGHT_ADMIN_TOKEN'
  | 'FORMWRIGHT_VLLM_ADAPTERS'
>

/** The admin side of whatever serves adapters, as the settings say. @throws Error when vLLM's folder is not set */
export function inferenceAdminOf(settings: Chosen, store: ObjectStore, timeoutMs: number): InferenceAdmin {
  const url = settings.FORMWRIGHT_INFERENCE_URL
  if (settings.FORMWRIGHT_INFERENCE_API === 'formwright')
    return new HttpInferenceAdmin({ url, token: settings.FORMWRIGHT_ADMIN_TOKEN, timeoutMs })
  const adapters = settings.FORMWRIGHT_VLLM_ADAPTERS
  if (!adapters)
    throw new Error(
      'Wrong environment: FORMWRIGHT_INFERENCE_API=vllm needs FORMWRIGHT_VLLM_ADAPTERS, the folder that vLLM loads adapters from',
    )
  // vLLM has one key for everything.
  return new VllmAdmin({ url, token: settings.FORMWRIGHT_INFERENCE_TOKEN, timeoutMs, store, adapters })
}
