import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Connection } from '@temporalio/client'
import { SEARCH_ATTRIBUTES } from '../../contracts/run.js'
import { PlatformState } from '../../contracts/settings.js'
import { objectStore } from './object-store.js'
import { AlreadyRunning, type Platform, startPlatform } from './platform.js'
import { isAlive, startOf } from './processes.js'
import { ListBucketsCommand } from '@aws-sdk/client-s3'

let dir: string
let platform: Platform

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fw-platform-'))
  platform = await startPlatform({ dir, parts: ['temporal', 's3', 'ec2'] })
}, 60_000)

afterAll(async () => {
  await platform?.stop()
  await rm(dir, { recursive: true, force: true })
})

test('the state file tells where everything is, to its owner only', async () => {
  const state = PlatformState.parse(JSON.parse(await readFile(join(dir, 'platform.json'), 'utf8')))
  expect(state.addresses).toEqual(platform.state.addresses)
})

test('Temporal knows our search attributes', async () => {
  const connection = await Connection.connect({ address: platform.env.FORMWRIGHT_TEMPORAL_ADDRESS! })
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' })
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)))
  await connection.close()
})

test('the object store has the bucket', async () => {
  const client = objectStore({ ...platform.env })
  const { Buckets } = await client.send(new ListBucketsCommand({}))
  expect(Buckets?.map((b) => b.Name)).toEqual(['formwright'])
})

test('a second platform on the same folder is refused by name', async () => {
  await expect(startPlatform({ dir, parts: [] })).rejects.toThrow(AlreadyRunning)
})

test('stopping leaves no process and no state file', async () => {
  const pids = (['temporal', 's3', 'ec2'] as const).map((name) => ({
    pid: platform.part(name).pid!,
    started: startOf(platform.part(name).pid!)!,
  }))
  expect(pids.every(isAlive)).toBe(true)
  await platform.stop()
  expect(pids.some(isAlive)).toBe(false)
  expect(existsSync(join(dir, 'platform.json'))).toBe(false)
})
