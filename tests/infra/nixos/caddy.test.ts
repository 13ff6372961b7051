import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ROOT, VENV_BIN } from '../../../infra/local/layout.js'
import { committed, run } from './rendered.js'

const CADDY = join(VENV_BIN, 'caddy')
const PASSWORD = 'a password for this test'
const folder = mkdtempSync(join(tmpdir(), 'fw-caddy-'))
const config = join(folder, 'Caddyfile')
const servers: Server[] = []
let caddy: ChildProcess
let site: string
let env: Record<string, string>

/** A part that answers with its name and the path it was asked for. */
async function part(name: string): Promise<string> {
  const server = createServer((asked, answer) => answer.end(`${name} ${asked.url}`))
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

beforeAll(async () => {
  site = `http://127.0.0.1:${await freePort()}`
  env = {
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
    FORMWRIGHT_SITE: site,
    FORMWRIGHT_OPERATOR: 'operator',
    FORMWRIGHT_OPERATOR_HASH: spawnSync(CADDY, ['hash-password', '--bcrypt-cost', '10', '--plaintext', PASSWORD], {
      encoding: 'utf8',
    }).stdout.trim(),
    FORMWRIGHT_APP_UPSTREAM: await part('app'),
    FORMWRIGHT_GATEWAY_UPSTREAM: await part('gateway'),
    FORMWRIGHT_INFERENCE_UPSTREAM: await part('inference'),
    FORMWRIGHT_TEMPORAL_UI_UPSTREAM: await part('temporal'),
  }
  // The committed file names the example host's checkout.
  writeFileSync(config, committed().Caddyfile!.replaceAll('/opt/formwright/', ROOT))
  caddy = spawn(CADDY, ['run', '--config', config, '--adapter', 'caddyfile'], { env, stdio: 'ignore' })
  for (let i = 0; i < 150; i++) {
    if (await fetch(site).catch(() => null)) return
    await sleep(200)
  }
  throw new Error('Caddy does not answer')
}, 60_000)
afterAll(async () => {
  const ended = new Promise((over) => caddy?.once('exit', over))
  caddy?.kill()
  if (caddy) await ended
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const get = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${site}${path}`, { headers })
  return { status: answer.status, text: await answer.text(), hsts: answer.headers.get('strict-transport-security') }
}

test('Caddy takes the rendered file as valid', () => {
  expect(run(CADDY, ['validate', '--config', config, '--adapter', 'caddyfile'], env)).toMatchObject({ status: 0 })
})

test('each address reaches its part', async () => {
  expect((await get('/extract')).text).toBe('app /extract')
  expect((await get('/slack/interactions')).text).toBe('gateway /slack/interactions')
  expect((await get('/inference/v1/models')).text).toBe('inference /v1/models')
  expect((await get('/')).hsts).toContain('max-age')
})

/** A request whose path goes out letter by letter: fetch would tidy it. */
const raw = (method: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(site)
    const asked = request({ hostname, port, path, method, headers: { host } }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk)).on('end', () => resolve(`${answer.statusCode} ${text}`))
    })
    asked.on('error', reject).end()
  })

test.each(['load_lora_adapter', 'unload_lora_adapter', 'aliases', 'aliases/lora-v1/rollback', '../metrics'])(
  'the admin route %s is closed from outside',
  async (route) => {
    const ways = [
      `v1/${route}`,
      `/v1/${route}`,
      `v1/completions/../${route}`,
      `v1/completions%2f..%2f${route}`,
      `v1/%2e%2e/v1/${route}`,
      `%76%31/${route}`,
    ]
    for (const way of ways)
      for (const method of ['GET', 'POST', 'PUT']) expect(await raw(method, `/inference/${way}`)).toMatch(/^404 This address serves/)
    expect(await raw('GET', '/inference/v1/models')).toBe('200 inference /v1/models')
  },
)

test('Temporal’s Web UI wants the operator’s password', async () => {
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}` })
  expect((await get('/temporal/')).status).toBe(401)
  expect((await get('/temporal/api/v1/namespaces', basic('guess'))).status).toBe(401)
  expect((await get('/temporal/', basic(PASSWORD))).text).toBe('temporal /temporal/')
  for (const way of ['/%74emporal/', '//temporal/', '/static/../temporal/', '/TEMPORAL/'])
    expect([way, await raw('GET', way)]).not.toEqual([way, expect.stringMatching(/^200 temporal/)])
})
