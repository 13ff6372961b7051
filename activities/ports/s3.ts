import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { hexToBase64, sha256, sha256OfFile } from './digests.js'
import { DigestMismatch, type ObjectStore, type StoredObject } from './object-store.js'

export interface S3Options {
  bucket: string
  region: string
  /** Absent: AWS's own. */
  endpoint?: string
  /** Absent: as the SDK finds them, in the environment or on the instance. */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

const isMissing = (error: unknown): boolean =>
  error instanceof NoSuchKey || (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404)
/** 412: something is there. 409: somebody is writing it now; the caller's retry finds out which. */
const isTaken = (error: unknown): boolean => error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412

/** The object store over S3's protocol. */
export class S3Store implements ObjectStore {
  readonly bucket: string
  private readonly client: S3Client

  constructor(options: S3Options) {
    this.bucket = options.bucket
    this.client = new S3Client({
      region: options.region,
      endpoint: options.endpoint,
      ...(options.credentials ? { credentials: options.credentials } : {}),
      forcePathStyle: options.endpoint !== undefined,
      maxAttempts: 5,
    })
  }

  async get(key: string): Promise<StoredObject | null> {
    try {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }))
      const bytes = await answer.Body!.transformToByteArray()
      if (answer.ContentLength !== undefined && bytes.byteLength !== answer.ContentLength)
        throw new Error(`${key}: the answer was cut off at ${bytes.byteLength} of ${answer.ContentLength} bytes`)
      return { bytes, etag: answer.ETag ?? sha256(bytes) }
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }))
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = []
    let token: string | undefined
    do {
      const page = await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }))
      for (const { Key } of page.Contents ?? []) if (Key) keys.push(Key)
      token = page.NextContinuationToken
    } while (token)
    return keys.sort()
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: bytes }))
  }

  async create(key: string, content: Parameters<ObjectStore['create']>[1]): Promise<'created' | 'existed'> {
    const digest = 'bytes' in content ? sha256(content.bytes) : content.sha256
    if ('path' in content) {
      const found = await sha256OfFile(content.path)
      if (found !== digest) throw new DigestMismatch(content.path, digest, found)
    }
    const body = 'bytes' in content ? content.bytes : createReadStream(content.path)
    const length = 'bytes' in content ? content.bytes.byteLength : (await stat(content.path)).size
    try {
      await this.client.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: key,
          Body: body,
          ContentLength: length,
          IfNoneMatch: '*',
          ChecksumSHA256: hexToBase64(digest),
        }),
      )
      return 'created'
    } catch (error) {
      if (!isTaken(error)) throw error
      await this.verify(key, digest)
      return 'existed'
    }
  }

  private async verify(key: string, digest: string): Promise<void> {
    const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key })).catch((error: unknown) => {
      throw isMissing(error) ? new Error(`${key} was there a moment ago and is gone`) : error
    })
    // A part of a larger base has gigabytes: it is read as it comes.
    const hash = createHash('sha256')
    for await (const chunk of answer.Body as Readable) hash.update(chunk as Uint8Array)
    const found = hash.digest('hex')
    if (found !== digest) throw new DigestMismatch(key, digest, found)
  }
}
