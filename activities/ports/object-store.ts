import type { Digest } from '../../contracts/index.js'

export interface StoredObject {
  bytes: Uint8Array
  /** Changes with every write. */
  etag: string
}

/** Objects of one bucket. `uri` of a key is `s3://<bucket>/<key>`. */
export interface ObjectStore {
  readonly bucket: string
  /** Null when there is none. Throws on everything else. */
  get(key: string): Promise<StoredObject | null>
  has(key: string): Promise<boolean>
  /** Keys below a prefix, in order. */
  list(prefix: string): Promise<string[]>
  /** Overwrites: for leases and other things that are not truth. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /**
   * Writes only where nothing is. `existed` when the same bytes are there already.
   * @throws DigestMismatch when other bytes are there
   */
  create(key: string, content: { bytes: Uint8Array } | { path: string; sha256: Digest }): Promise<'created' | 'existed'>
}

/** Bytes are not what their digest says. What was there stays. */
export class DigestMismatch extends Error {
  constructor(
    readonly key: string,
    readonly expected: Digest,
    readonly found: Digest,
  ) {
    super(`${key}: expected sha256 ${expected}, found ${found}. It was not used and not changed; restore it or remove it.`)
    this.name = 'DigestMismatch'
  }
}

/** Splits `s3://bucket/key`; throws when it is of another bucket. */
export function keyOf(store: Pick<ObjectStore, 'bucket'>, uri: string): string {
  const prefix = `s3://${store.bucket}/`
  if (!uri.startsWith(prefix)) throw new Error(`Expected an object of ${prefix}, got ${uri}`)
  return uri.slice(prefix.length)
}
export const uriOf = (store: Pick<ObjectStore, 'bucket'>, key: string): string => `s3://${store.bucket}/${key}`
