import { readFile } from 'node:fs/promises'
import { sha256 } from '../../../activities/ports/digests.js'
import { DigestMismatch, type ObjectStore, type StoredObject } from '../../../activities/ports/object-store.js'

/** An object store in memory, with S3's create-only writes. */
export class MemoryStore implements ObjectStore {
  readonly bucket = 'formwright'
  readonly objects = new Map<string, Uint8Array>()

  async get(key: string): Promise<StoredObject | null> {
    const bytes = this.objects.get(key)
    return bytes ? { bytes, etag: sha256(bytes) } : null
  }

  async has(key: string): Promise<boolean> {
    return this.objects.has(key)
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.objects.set(key, bytes)
  }

  async create(key: string, content: Parameters<ObjectStore['create']>[1]): Promise<'created' | 'existed'> {
    const bytes = 'bytes' in content ? content.bytes : await readFile(content.path)
    if ('path' in content && sha256(bytes) !== content.sha256) throw new DigestMismatch(content.path, content.sha256, sha256(bytes))
    const there = this.objects.get(key)
    if (!there) {
      this.objects.set(key, bytes)
      return 'created'
    }
    if (sha256(there) !== sha256(bytes)) throw new DigestMismatch(key, sha256(bytes), sha256(there))
    return 'existed'
  }

  json(key: string): unknown {
    const bytes = this.objects.get(key)
    return bytes && JSON.parse(Buffer.from(bytes).toString('utf8'))
  }

  putJson(key: string, value: unknown): void {
    this.objects.set(key, Buffer.from(JSON.stringify(value)))
  }
}
