import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { Digest } from '../../contracts/digest.js'
import { ModelList } from '../../contracts/inference.js'
import { BASE_DIR, SHIPPED_ADAPTER } from './layout.js'
import { objectStore } from './object-store.js'

const Manifest = z.object({ files: z.array(z.object({ path: z.string(), sha256: Digest, bytes: z.int() })).min(1) })
const ALIAS = 'lora-v1'

/** Status of a failed S3 call; `undefined` for anything else. */
const statusOf = (error: unknown): number | undefined => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode

async function createOnly(client: S3Client, bucket: string, key: string, path: string, sha256: string, bytes: number): Promise<void> {
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: createReadStream(path),
        ContentLength: bytes,
        // The store computes it too, and refuses a body that was damaged on the way.
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        IfNoneMatch: '*',
      }),
    )
  } catch (error) {
    if (statusOf(error) !== 412) throw error
  }
}

/**
 * Puts a folder with a manifest.json under `<prefix>/<digest>/`, its manifest last, so that a manifest means all is there.
 * Answers the digest. Throws when a file is not as its manifest says.
 */
export async function putFolder(client: S3Client, bucket: string, prefix: string, folder: string): Promise<string> {
  const bytes = await readFile(join(folder, 'manifest.json'))
  const digest = createHash('sha256').update(bytes).digest('hex')
  const key = (path: string) => `${prefix}/${digest}/${path}`
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key('manifest.json') }))
    return digest
  } catch (error) {
    if (statusOf(error) !== 404) throw error
  }
  for (const { path, sha256, bytes: size } of Manifest.parse(JSON.parse(bytes.toString())).files) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(join(folder, path))) hash.update(chunk as Buffer)
    if (hash.digest('hex') !== sha256)
      throw new Error(`${join(folder, path)} is not what its manifest says: it is damaged. Nothing was stored.`)
    await createOnly(client, bucket, key(path), join(folder, path), sha256, size)
  }
  await createOnly(client, bucket, key('manifest.json'), join(folder, 'manifest.json'), digest, bytes.length)
  return digest
}

/** What every run needs in the object store: the base model, and the adapter that comes with the repository. */
export async function seedObjectStore(env: Record<string, string>): Promise<{ base?: string; adapter?: string }> {
  const client = objectStore(env)
  const bucket = env.FORMWRIGHT_BUCKET!
  try {
    const put = (prefix: string, folder: string) =>
      existsSync(join(folder, 'manifest.json')) ? putFolder(client, bucket, prefix, folder) : Promise.resolve(undefined)
    const base = await put('bases', BASE_DIR)
    const adapter = await put('adapters', SHIPPED_ADAPTER)
    return { ...(base ? { base } : {}), ...(adapter ? { adapter } : {}) }
  } finally {
    client.destroy()
  }
}

/** Makes the shipped adapter live where nothing is: at the first start. Answers whether it did. */
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
  if (models.data.some((model) => model.aliases.includes(ALIAS))) return false
  const path = `s3://${env.FORMWRIGHT_BUCKET}/adapters/${adapter}/`
  await call('POST', '/v1/load_lora_adapter', { lora_name: adapter, lora_path: path, sha256: adapter })
  await call('PUT', `/v1/aliases/${ALIAS}`, { digest: adapter })
  return true
}
