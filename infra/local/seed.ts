import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { storeDirectory } from '../../activities/ports/folders.js'
import { S3Store } from '../../activities/ports/s3.js'
import { isLiveHere, ModelList } from '../../contracts/inference.js'
import { BASE_DIR, SHIPPED_ADAPTER } from './layout.js'

const ALIAS = 'lora-v1'

/** What every run needs in the object store: the base model, and the adapter that comes with the repository. Their digests. */
export async function seedObjectStore(env: Record<string, string>): Promise<{ base?: string; adapter?: string }> {
  const store = new S3Store({
    bucket: env.FORMWRIGHT_BUCKET!,
    region: env.AWS_REGION!,
    endpoint: env.FORMWRIGHT_S3_ENDPOINT!,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
  })
  const put = async (kind: string, folder: string) =>
    existsSync(join(folder, 'manifest.json')) ? (await storeDirectory(store, kind, folder)).digest : undefined
  const base = await put('bases', BASE_DIR)
  const adapter = await put('adapters', SHIPPED_ADAPTER)
  return { ...(base ? { base } : {}), ...(adapter ? { adapter } : {}) }
}

/** Makes the shipped adapter live where nothing is that this code can ask: at the first start, or after a change of the prompt. Answers whether it did. */
export async function makeFirstLive(env: Record<string, string>, adapter: string): Promise<boolean> {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${env.FORMWRIGHT_INFERENCE_URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${env.FORMWRIGHT_ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`The inference service refused ${method} ${path} with ${response.status}: ${text.slice(0, 500)}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const models = ModelList.parse(await call('GET', '/v1/models'))
  if (models.data.some((model) => isLiveHere(model, ALIAS))) return false
  const path = `s3://${env.FORMWRIGHT_BUCKET}/adapters/${adapter}/`
  await call('POST', '/v1/load_lora_adapter', { lora_name: adapter, lora_path: path, sha256: adapter })
  await call('PUT', `/v1/aliases/${ALIAS}`, { digest: adapter })
  return true
}
