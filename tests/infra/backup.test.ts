import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, expect, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import { objectStore } from '../../infra/local/object-store.js'
import { type Platform, startPlatform } from '../../infra/local/platform.js'

const folders: string[] = []
const platforms: Platform[] = []
const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'fw-backup-'))
  folders.push(made)
  return made
}
const open = async (dir: string): Promise<Platform> => {
  const platform = await startPlatform({ dir, parts: ['temporal', 's3'] })
  platforms.push(platform)
  return platform
}
const inTemporal = async <T>({ env }: Platform, work: (client: Client) => Promise<T>): Promise<T> => {
  const connection = await Connection.connect({ address: env.FORMWRIGHT_TEMPORAL_ADDRESS! })
  return work(new Client({ connection })).finally(() => connection.close())
}

afterAll(async () => {
  for (const platform of platforms) await platform.stop()
  for (const made of folders) await rm(made, { recursive: true, force: true })
}, 60_000)

test('a copy of the state folder and the secrets brings open runs and stored objects back elsewhere', async () => {
  const [there, here] = [await folder(), await folder()]
  const before = await open(there)
  const put = objectStore(before.env)
  await put.send(new PutObjectCommand({ Bucket: before.env.FORMWRIGHT_BUCKET, Key: 'datasets/0/manifest.json', Body: 'kept' }))
  put.destroy()
  const started = await inTemporal(before, async (client) => {
    const handle = await client.workflow.start('fineTuneExtraction', {
      taskQueue: 'formwright',
      workflowId: 'fine-tune-extraction/kept',
      args: [{}],
    })
    return handle.firstExecutionRunId
  })
  await before.stop()

  execFileSync('cp', ['-a', join(there, 'state'), join(there, 'secrets.json'), here])
  await rm(there, { recursive: true })

  const after = await open(here)
  const get = objectStore(after.env)
  const object = await get.send(new GetObjectCommand({ Bucket: after.env.FORMWRIGHT_BUCKET, Key: 'datasets/0/manifest.json' }))
  expect(await object.Body!.transformToString()).toBe('kept')
  get.destroy()
  const found = await inTemporal(after, (client) => client.workflow.getHandle('fine-tune-extraction/kept').describe())
  expect(found).toMatchObject({ runId: started, status: { name: 'RUNNING' } })
}, 240_000)
