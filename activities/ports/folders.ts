import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Digest } from '../../contracts/index.js'
import { sha256 } from './digests.js'
import { DigestMismatch, type ObjectStore } from './object-store.js'

/** What every digest-named folder has: files with their sha256. Kept loose, since each kind adds its own. */
export const FolderManifest = z.looseObject({
  files: z.array(z.object({ path: z.string().regex(/^(?!.*\.\.)[^/].*$/), sha256: Digest, bytes: z.int() })),
})

export interface FolderRef {
  uri: string
  digest: Digest
}
type Step = (done: string) => void

/** Stores files under `<kind>/<sha256 of manifest.json>/`, the manifest last: a folder without one is not there. */
export async function storeFolder(
  store: ObjectStore,
  kind: string,
  files: Map<string, Uint8Array>,
  step: Step = () => undefined,
): Promise<FolderRef> {
  const manifest = files.get('manifest.json')
  if (!manifest) throw new Error(`Expected manifest.json among the files of ${kind}`)
  const digest = sha256(manifest)
  for (const [path, bytes] of files) {
    if (path === 'manifest.json') continue
    step(`${await store.create(`${kind}/${digest}/${path}`, { bytes })} ${path}`)
  }
  step(`${await store.create(`${kind}/${digest}/manifest.json`, { bytes: manifest })} manifest.json`)
  return { uri: `s3://${store.bucket}/${kind}/${digest}/`, digest }
}

/** As {@link storeFolder} for a folder on disk, whose files may be large. Does nothing when the manifest is stored already. */
export async function storeDirectory(store: ObjectStore, kind: string, dir: string, step: Step = () => undefined): Promise<FolderRef> {
  const manifest = await readFile(join(dir, 'manifest.json'))
  const digest = sha256(manifest)
  const ref = { uri: `s3://${store.bucket}/${kind}/${digest}/`, digest }
  if (await store.has(`${kind}/${digest}/manifest.json`)) return ref
  for (const file of FolderManifest.parse(JSON.parse(manifest.toString())).files) {
    step(`${await store.create(`${kind}/${digest}/${file.path}`, { path: join(dir, file.path), sha256: file.sha256 })} ${file.path}`)
  }
  await store.create(`${kind}/${digest}/manifest.json`, { bytes: manifest })
  return ref
}

/**
 * Reads a folder whole and checks every byte against its digests.
 * @throws DigestMismatch naming the file; nothing of the folder is to be used then
 */
export async function readFolder(
  store: ObjectStore,
  prefix: string,
  digest: Digest,
  step: Step = () => undefined,
): Promise<Map<string, Uint8Array>> {
  const manifest = await readVerified(store, `${prefix}manifest.json`, digest)
  const files = new Map([['manifest.json', manifest]])
  for (const file of FolderManifest.parse(JSON.parse(Buffer.from(manifest).toString())).files) {
    files.set(file.path, await readVerified(store, `${prefix}${file.path}`, file.sha256))
    step(`read ${file.path}`)
  }
  return files
}

async function readVerified(store: ObjectStore, key: string, digest: Digest): Promise<Uint8Array> {
  const object = await store.get(key)
  if (!object) throw new Error(`${key} is missing from the object store`)
  const found = sha256(object.bytes)
  if (found !== digest) throw new DigestMismatch(key, digest, found)
  return object.bytes
}
