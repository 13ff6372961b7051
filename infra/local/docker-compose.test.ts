import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { SEARCH_ATTRIBUTES } from '../../contracts/run.js'
import { ROOT, VENV_BIN } from './layout.js'

const Service = z.looseObject({
  image: z.string(),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.enum(['service_healthy', 'service_completed_successfully']) })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  volumes: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
})
const Compose = z.object({ services: z.record(z.string(), Service), volumes: z.record(z.string(), z.unknown()) }).loose()

let compose: z.infer<typeof Compose>

beforeAll(() => {
  compose = Compose.parse(parse(readFileSync(join(ROOT, 'docker-compose.temporal.yml'), 'utf8'), { merge: true }))
})

const services = () => Object.entries(compose.services)

test('every image is pinned to a version, the server to the one that the embedded platform runs', () => {
  for (const [, { image }] of services()) expect(image).toMatch(/^[\w./-]+:\d+\.\d+(\.\d+)?$/)
  const embedded = execFileSync(join(VENV_BIN, 'temporal'), ['--version'], { encoding: 'utf8' })
  const version = (pattern: RegExp) => pattern.exec(embedded)![1]
  expect(compose.services.server!.image).toBe(`temporalio/server:${version(/Server ([\d.]+)/)}`)
  expect(compose.services.ui!.image).toBe(`temporalio/ui:${version(/UI ([\d.]+)/)}`)
})

test('what waits for health waits for a service that tells its health', () => {
  for (const [, { depends_on }] of services()) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(compose.services[name]).toBeDefined()
      if (condition === 'service_healthy') expect(compose.services[name]!.healthcheck).toBeDefined()
    }
  }
})

test('nothing listens beyond this machine, and the database not even on it', () => {
  for (const [, { ports }] of services()) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  expect(compose.services.postgresql!.ports).toEqual([])
})

test('the search attributes are those of the contract', () => {
  const [script] = compose.services.namespace!.command
  const made = Object.fromEntries([...script!.matchAll(/(Formwright\w+)=(\w+)/g)].map(([, name, type]) => [name, type]))
  expect(made).toEqual(SEARCH_ATTRIBUTES)
})

test('named volumes are declared', () => {
  const used = services().flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0]))
  expect(used.sort()).toEqual(Object.keys(compose.volumes).sort())
})
