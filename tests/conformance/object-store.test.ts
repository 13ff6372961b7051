import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterAll, beforeAll, describe as suite, expect, test } from '@jest/globals'
import { DigestMismatch, type ObjectStore } from '../../activities/ports/object-store.js'
import { S3Store } from '../../activities/ports/s3.js'
import { startPlatform } from '../../infra/local/platform.js'
import { MemoryStore } from '../drills/simulation/memory-store.js'
import { notAllowed } from '../infra/aws/judge.js'
import type { Call } from '../infra/aws/questions.js'
import { record } from '../infra/aws/recorder.js'

interface Target {
  store: ObjectStore
  /** A client of the same service, where there is one. */
  client?: S3Client
  /** What the store asked so far, where somebody listens. */
  calls?: Call[]
  close(): Promise<void>
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const bytesOf = (text: string): Uint8Array => Buffer.from(text)

async function embedded(): Promise<Target> {
  const dir = await mkdtemp(join(tmpdir(), 'fw-store-'))
  const platform = await startPlatform({ dir, parts: ['s3'] })
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, FORMWRIGHT_S3_ENDPOINT, FORMWRIGHT_BUCKET } = platform.env
  Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION })
  const client = new S3Client({ endpoint: FORMWRIGHT_S3_ENDPOINT, region: AWS_REGION, forcePathStyle: true, maxAttempts: 1 })
  const recorder = await record('s3', FORMWRIGHT_S3_ENDPOINT!)
  return {
    store: new S3Store({ bucket: FORMWRIGHT_BUCKET!, region: AWS_REGION!, endpoint: recorder.url }),
    client,
    calls: recorder.calls,
    async close() {
      client.destroy()
      await recorder.close()
      await platform.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** AWS itself: FORMWRIGHT_TEST_AWS is a zone, FORMWRIGHT_TEST_BUCKET a bucket there that may be written to. */
async function aws(): Promise<Target> {
  const region = process.env.FORMWRIGHT_TEST_AWS!.slice(0, -1)
  const client = new S3Client({ region, maxAttempts: 1 })
  return { store: new S3Store({ bucket: process.env.FORMWRIGHT_TEST_BUCKET!, region }), client, close: async () => client.destroy() }
}

const MEMORY = 'the memory of the simulation'
const targets: [string, () => Promise<Target>][] = [
  ['the embedded object store', embedded],
  [MEMORY, async () => ({ store: new MemoryStore(), close: async () => {} })],
]
if (process.env.FORMWRIGHT_TEST_AWS) targets.push(['AWS', aws])

suite.each(targets)('%s', (name, open) => {
  const overTheWire = name === MEMORY ? test.skip : test
  let target: Target
  let store: ObjectStore
  const prefix = `runs/lora-v1-${randomUUID()}/conformance`

  beforeAll(async () => {
    target = await open()
    store = target.store
  }, 60_000)
  afterAll(async () => target?.close(), 60_000)

  test('what was written is read; a missing key is null, not an error', async () => {
    await store.put(`${prefix}/a`, bytesOf('one'))
    expect(Buffer.from((await store.get(`${prefix}/a`))!.bytes).toString()).toBe('one')
    expect(await store.has(`${prefix}/a`)).toBe(true)
    expect(await store.get(`${prefix}/none`)).toBeNull()
    expect(await store.has(`${prefix}/none`)).toBe(false)
  })

  test('an overwritten object has another etag', async () => {
    await store.put(`${prefix}/e`, bytesOf('one'))
    const first = await store.get(`${prefix}/e`)
    await store.put(`${prefix}/e`, bytesOf('two'))
    const second = await store.get(`${prefix}/e`)
    expect(second!.etag).not.toBe(first!.etag)
    expect(Buffer.from(second!.bytes).toString()).toBe('two')
  })

  test('keys below a prefix are listed in order, more than one page of them', async () => {
    const names = Array.from({ length: 1_050 }, (_, i) => `${prefix}/list/${String(i).padStart(4, '0')}`)
    for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map((name) => store.put(name, bytesOf('x'))))
    expect(await store.list(`${prefix}/list/`)).toEqual(names)
    expect(await store.list(`${prefix}/nothing/`)).toEqual([])
  }, 180_000)

  test('a key is created once: the same bytes again are fine, other bytes are refused and change nothing', async () => {
    expect(await store.create(`${prefix}/c`, { bytes: bytesOf('first') })).toBe('created')
    expect(await store.create(`${prefix}/c`, { bytes: bytesOf('first') })).toBe('existed')
    await expect(store.create(`${prefix}/c`, { bytes: bytesOf('other') })).rejects.toThrow(DigestMismatch)
    expect(Buffer.from((await store.get(`${prefix}/c`))!.bytes).toString()).toBe('first')
  })

  test('of eight writers who create a key at once, one wins', async () => {
    const writes = Array.from({ length: 8 }, (_, i) => store.create(`${prefix}/race`, { bytes: bytesOf(`writer ${i}`) }))
    const ends = await Promise.allSettled(writes)
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1)
    const winner = ends.findIndex((end) => end.status === 'fulfilled')
    expect(Buffer.from((await store.get(`${prefix}/race`))!.bytes).toString()).toBe(`writer ${winner}`)
  })

  test('a file is stored under its digest, and refused when it is not what its digest says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fw-file-'))
    const path = join(folder, 'weights')
    const bytes = randomBytes(6 << 20)
    await writeFile(path, bytes)
    expect(await store.create(`${prefix}/file`, { path, sha256: sha256(bytes) })).toBe('created')
    expect(sha256((await store.get(`${prefix}/file`))!.bytes)).toBe(sha256(bytes))
    await expect(store.create(`${prefix}/bad`, { path, sha256: sha256(bytesOf('else')) })).rejects.toThrow(DigestMismatch)
    expect(await store.has(`${prefix}/bad`)).toBe(false)
    await rm(folder, { recursive: true })
  })

  overTheWire('a body damaged on the way is refused by the store itself', async () => {
    const ChecksumSHA256 = createHash('sha256').update('what was meant').digest('base64')
    const damaged = new PutObjectCommand({ Bucket: store.bucket, Key: `${prefix}/damaged`, Body: 'what arrived', ChecksumSHA256 })
    await expect(target.client!.send(damaged)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
    expect(await store.has(`${prefix}/damaged`)).toBe(false)
  })

  overTheWire('a presigned address reads its object, and no other', async () => {
    await store.put(`${prefix}/signed`, bytesOf('shown'))
    const url = await getSignedUrl(target.client!, new GetObjectCommand({ Bucket: store.bucket, Key: `${prefix}/signed` }), {
      expiresIn: 60,
    })
    expect(await (await fetch(url)).text()).toBe('shown')
    expect((await fetch(url.replace('/signed?', '/a?'))).status).toBe(403)
  })

  overTheWire('a wrong key and no key are refused', async () => {
    const { endpoint, region } = target.client!.config
    const at = endpoint && (await endpoint())
    const address = at ? `${at.protocol}//${at.hostname}:${at.port}` : `https://s3.${await region()}.amazonaws.com`
    expect((await fetch(`${address}/${store.bucket}/${prefix}/a`)).status).toBe(403)
    const stranger = new S3Client({
      endpoint: at && address,
      region,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'NOBODY00', secretAccessKey: 'x' },
    })
    await expect(stranger.send(new GetObjectCommand({ Bucket: store.bucket, Key: `${prefix}/a` }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    })
    stranger.destroy()
  })

  test('infra/aws/ allows the worker every call that the store made here', () => {
    if (!target.calls) return
    expect(new Set(target.calls.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD', 'PUT']))
    expect(target.calls.length).toBeGreaterThan(1_000)
    expect(notAllowed('WorkerRole', target.calls)).toEqual([])
  })
})
