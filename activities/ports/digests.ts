import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Digest } from '../../contracts/index.js'

export const sha256 = (bytes: Uint8Array | string): Digest => createHash('sha256').update(bytes).digest('hex')

/** sha256 of a file, read as a stream. */
export async function sha256OfFile(path: string): Promise<Digest> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** JSON with sorted keys and without spaces: equal content has equal bytes. `undefined` is left out. */
export function canonicalJson(value: unknown): string {
  const sorted = (_: string, v: unknown): unknown =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v
  return JSON.stringify(value, sorted)
}

export const digestOf = (value: unknown): Digest => sha256(canonicalJson(value))
export const hexToBase64 = (hex: Digest): string => Buffer.from(hex, 'hex').toString('base64')
