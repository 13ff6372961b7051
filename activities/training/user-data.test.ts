import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { TrainRequest } from '../../contracts/index.js'
import { userData } from './user-data.js'

const PYTHON = resolve('.formwright/venv/bin')
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
let dir: string
let server: Server
let objects: Map<string, Buffer>

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formwright-user-data-'))
  objects = new Map()
  server = createServer((request, answer) => {
    const body = objects.get(request.url!.split('?')[0]!)
    answer.writeHead(body ? 200 : 404).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  server.close()
  await rm(dir, { recursive: true, force: true })
})

/** A bundle whose program writes its arguments to `ran`. */
async function bundle(more = ''): Promise<string> {
  const folder = join(dir, 'src', 'formwright_training')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '__init__.py'), '')
  await writeFile(
    join(folder, 'instance.py'),
    `import sys, os\nopen(${JSON.stringify(join(dir, 'ran'))}, "w").write(sys.argv[2] + " " + os.environ["AWS_REGION"])\n${more}`,
  )
  execFileSync('tar', ['-czf', join(dir, 'training.tar.gz'), '-C', join(dir, 'src'), 'formwright_training'])
  const archive = await readFile(join(dir, 'training.tar.gz'))
  const manifest = Buffer.from(JSON.stringify({ files: [{ path: 'training.tar.gz', sha256: sha256(archive), bytes: archive.byteLength }] }))
  objects.set('/bucket/bundles/x/manifest.json', manifest).set('/bucket/bundles/x/training.tar.gz', archive)
  return sha256(manifest)
}

/** Runs the script as a fresh instance would; `shutdown` writes when it was called. */
async function boot(digest: string, secondsLeft = 60): Promise<{ code: number | null; shutdowns: number; ran: string; console: string }> {
  const request = {
    run: 'lora-v1-of-today',
    attempt: 1,
    deadline: new Date(Date.now() + secondsLeft * 1000).toISOString(),
    bundle: { uri: 's3://bucket/bundles/x/', digest },
  } as TrainRequest
  const script = userData(request, "s3://bucket/it's/request.json", {
    region: 'us-east-1',
    s3Endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
  await mkdir(join(dir, 'bin'), { recursive: true })
  await writeFile(join(dir, 'bin', 'shutdown'), `#!/bin/sh\necho "$@" >> ${join(dir, 'shutdowns')}\n`)
  await chmod(join(dir, 'bin', 'shutdown'), 0o755)
  await writeFile(join(dir, 'user-data'), script)
  const env = {
    PATH: `${join(dir, 'bin')}:${PYTHON}:/usr/bin:/bin`,
    HOME: dir,
    TMPDIR: dir,
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
  }
  const instance = spawn('bash', [join(dir, 'user-data')], { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let console = ''
  instance.stderr.on('data', (chunk: Buffer) => {
    console += chunk
  })
  const ended = once(instance, 'exit') as Promise<[number]>
  const [code] = await Promise.race([ended, shutDown(join(dir, 'shutdowns'), instance)])
  // The machine would be gone now, and its timer with it.
  process.kill(-instance.pid!, 'SIGKILL')
  instance.stderr.destroy()
  const read = (name: string): Promise<string> => readFile(join(dir, name), 'utf8').catch(() => '')
  return { code, shutdowns: (await read('shutdowns')).split('\n').filter(Boolean).length, ran: await read('ran'), console }
}

/** Resolves without an exit code when the instance is told to shut down while its program runs. */
async function shutDown(file: string, instance: ChildProcess): Promise<[null]> {
  while (!existsSync(file) && instance.exitCode === null) await sleep(50)
  await sleep(200)
  return [null]
}

test('the script is valid bash, and the same for the same request', () => {
  const request = {
    run: 'r',
    attempt: 1,
    deadline: '2026-01-01T00:00:00.000Z',
    bundle: { uri: 's3://b/bundles/x/', digest: 'a'.repeat(64) },
  } as TrainRequest
  const script = userData(request, 's3://b/request.json', { region: 'us-east-1' })
  expect(script).toBe(userData(request, 's3://b/request.json', { region: 'us-east-1' }))
  expect(script).not.toContain('AWS_ENDPOINT_URL_S3')
  expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0)
})

test('it fetches the bundle, runs the program with the request, and shuts the instance down', async () => {
  expect(await boot(await bundle())).toEqual({
    code: 0,
    shutdowns: 1,
    ran: "s3://bucket/it's/request.json us-east-1",
    console: '',
  })
}, 60_000)

test('a bundle with another digest is not run, its line says whose, and the instance shuts down all the same', async () => {
  await bundle()
  const { console, ...rest } = await boot('b'.repeat(64))
  expect(rest).toEqual({ code: 1, shutdowns: 1, ran: '' })
  const whose = { part: 'instance', run: 'lora-v1-of-today', stage: 'training', attempt: 1, level: 'fatal' }
  expect(
    console
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ ...whose, message: expect.stringContaining('expected sha256') }])
}, 60_000)

test('past the deadline it shuts down while the program still runs', async () => {
  expect(await boot(await bundle('import time\ntime.sleep(60)\n'), -10)).toMatchObject({ code: null, shutdowns: 1 })
}, 60_000)
