import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { writeWhole } from './files.js'
import { choosePorts, isFree, USUAL_PORTS } from './ports.js'

let dir: string
let file: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fw-ports-'))
  file = join(dir, 'ports.json')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function occupied(): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, release: () => new Promise((resolve) => server.close(() => resolve())) }
}

test('the ports of the last start are taken again', async () => {
  const first = await choosePorts(file, { random: true })
  expect(await choosePorts(file, { random: true })).toEqual(first)
})

test('a port that somebody else has taken is replaced, the others stay', async () => {
  const first = await choosePorts(file, { random: true })
  const taken = await occupied()
  await writeWhole(file, JSON.stringify({ ...first, temporal: taken.port }))
  const second = await choosePorts(file, { random: true })
  expect(second.temporal).not.toBe(taken.port)
  expect(await isFree(second.temporal)).toBe(true)
  expect({ ...second, temporal: 0 }).toEqual({ ...first, temporal: 0 })
  await taken.release()
})

test('every port is chosen once, and those with gRPC have the port 10,000 above to themselves', async () => {
  const ports = await choosePorts(file, { random: true })
  const all = [
    ...Object.values(ports),
    ...[ports.s3, ports.weedMaster, ports.weedVolume, ports.weedFiler, ports.weedAdmin].map((p) => p + 10_000),
  ]
  expect(new Set(all).size).toBe(all.length)
  expect(Math.max(...all)).toBeLessThan(65_536)
})

test('a usual port that is free is taken', async () => {
  const ports = await choosePorts(file)
  for (const [name, usual] of Object.entries(USUAL_PORTS)) {
    if (ports[name as keyof typeof ports] !== usual) expect((await isFree(usual)) && (await isFree(usual + 10_000))).toBe(false)
  }
})

test('a damaged file of ports is named, not overwritten', async () => {
  await writeWhole(file, '{"temporal": "here"}')
  await expect(choosePorts(file)).rejects.toThrow(file)
})
