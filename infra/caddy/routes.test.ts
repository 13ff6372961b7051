import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { z } from 'zod'
import { layoutOf, ROOT } from '../local/layout.js'
import { type Platform, startPlatform } from '../local/platform.js'

type Seen = { part: string; url: string; body: string }

let dir: string
let platform: Platform
let site: string
let seen: Seen[]
const servers: Server[] = []

/** A server where a part would be: it tells what reached it. */
async function upstream(part: string, address: string): Promise<void> {
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    let body = ''
    for await (const chunk of req) body += chunk
    seen.push({ part, url: req.url!, body })
    if (req.url !== '/events') return res.end(part)
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
    setTimeout(() => res.end('data: last\n\n'), 1_000)
  }
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()))
  servers.push(server)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(new URL(address).port), '127.0.0.1', resolve))
}

/** As fetch, but the path and the Host header go out as they are. */
function raw(path: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(site)
    const sent = request({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => (body += chunk)).on('end', () => resolve(`${answer.statusCode} ${body}`))
    })
    sent.on('error', reject).end()
  })
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fw-caddy-'))
  platform = await startPlatform({ dir, parts: ['caddy'] })
  const { addresses } = platform.state
  site = addresses.site
  await upstream('app', addresses.app)
  await upstream('inference', addresses.inference)
  // The Web UI's own address: the one that people get goes through Caddy.
  const ports = z.object({ temporalUi: z.int() }).parse(JSON.parse(await readFile(layoutOf(dir).ports, 'utf8')))
  await upstream('temporal', `http://127.0.0.1:${ports.temporalUi}`)
}, 60_000)
afterAll(async () => {
  for (const server of servers) server.close()
  await platform?.stop()
  await rm(dir, { recursive: true, force: true })
})
beforeEach(() => {
  seen = []
})

test('everything without a place of its own is the app', async () => {
  expect(await (await fetch(`${site}/catalog?x=1`)).text()).toBe('app')
  expect(seen).toEqual([{ part: 'app', url: '/catalog?x=1', body: '' }])
})

test('Temporal’s Web UI and Slack’s interactions keep their paths', async () => {
  expect(await (await fetch(`${site}/temporal/namespaces/default/workflows`)).text()).toBe('temporal')
  expect(seen).toEqual([{ part: 'temporal', url: '/temporal/namespaces/default/workflows', body: '' }])
})

test('the frame of Markdown in the Web UI is answered by the app', async () => {
  await fetch(`${site}/temporal/render?content=x`)
  expect(seen).toEqual([{ part: 'app', url: '/temporal/render?content=x', body: '' }])
})

test('the embedded file and the one of NixOS say nothing about routes of their own', async () => {
  for (const path of ['infra/caddy/embedded.caddy', 'infra/nixos/rendered/Caddyfile']) {
    const text = await readFile(join(ROOT, path), 'utf8')
    expect(text).toMatch(/^\s*import .*routes\.caddy$/m)
    expect(text).not.toMatch(/reverse_proxy|handle/)
  }
})

test('completions and models reach the inference service without the prefix', async () => {
  await fetch(`${site}/inference/v1/completions`, { method: 'POST', body: '{"prompt":"p"}' })
  await fetch(`${site}/inference/v1/models`)
  expect(seen.map(({ part, url, body }) => `${part} ${url} ${body}`.trim())).toEqual([
    'inference /v1/completions {"prompt":"p"}',
    'inference /v1/models',
  ])
})

/** Sends so many bytes as one prompt; the connection may be cut before the answer is read. */
function send(bytes: number, headers: Record<string, string>): Promise<number | 'cut'> {
  return new Promise((resolve) => {
    const { port } = new URL(site)
    const sent = request({ host: '127.0.0.1', port, path: '/inference/v1/completions', method: 'POST', headers })
    sent.on('response', (answer) => resolve(answer.resume().statusCode!)).on('error', () => resolve('cut'))
    sent.end(Buffer.alloc(bytes))
  })
}

test('a prompt of an absurd size does not reach the inference service, whether its size is told or not', async () => {
  const size = 9 << 20
  for (const headers of [{ 'content-length': `${size}` }, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
    expect([413, 'cut']).toContain(await send(size, headers))
  }
  expect(seen).toEqual([])
  expect(await send(7 << 20, { 'transfer-encoding': 'chunked' })).toBe(200)
  expect(seen.map(({ part, body }) => [part, body.length])).toEqual([['inference', 7 << 20]])
})

test.each([
  '/inference/v1/load_lora_adapter',
  '/inference/v1/unload_lora_adapter',
  '/inference/v1/aliases/lora-v1',
  '/inference/v1/aliases/lora-v1/rollback',
  '/inference//v1/load_lora_adapter',
  '/inference/v1/%6coad_lora_adapter',
  '/inference/v1/models/../load_lora_adapter',
  '/inference/v1/models%2f..%2fload_lora_adapter',
  '/inference/metrics',
  '/inference/docs',
])('%s is not served here', async (path) => {
  expect(await raw(path, new URL(site).host)).toMatch(/^404 /)
  expect(seen).toEqual([])
})

test('events arrive as they are sent, not when the answer ends', async () => {
  const reader = (await fetch(`${site}/events`)).body!.getReader()
  const first = await Promise.race([reader.read().then(({ value }) => Buffer.from(value!).toString()), sleep(800, 'nothing within 800 ms')])
  expect(first).toBe('data: first\n\n')
  await reader.cancel()
})

test('a part that does not answer is told so, with where to look', async () => {
  const answer = await fetch(`${site}/slack/interactions`, { method: 'POST', body: 'payload=1' })
  expect(answer.status).toBe(502)
  expect(await answer.text()).toMatch(/does not answer.*\.formwright\/logs/)
})

test('a Slack request of an absurd size does not reach the gateway', async () => {
  await upstream('gateway', platform.state.addresses.gateway)
  const post = (bytes: number) => fetch(`${site}/slack/interactions`, { method: 'POST', body: 'x'.repeat(bytes) })
  expect((await post(100_000)).status).toBe(200)
  expect((await post(300_000)).status).toBe(413)
  expect(seen.filter(({ body }) => body.length > 256 * 1024)).toEqual([])
})

test('another name that points to this machine gets nothing', async () => {
  expect(await raw('/', `attacker.example:${new URL(site).port}`)).toBe('200 ')
  expect(await raw('/', `localhost:${new URL(site).port}`)).toBe('200 app')
  expect(seen).toHaveLength(1)
})
