/**
 * Loads the inference service with many clients and swaps its adapter under them.
 *
 *   npm run bench:service -- [--json] [--requests N] [--clients N] [--swaps N]
 *
 * Readiness, memory, throughput of one client and of many, refusals above the queue's limit, a rollout and swaps under
 * load, rollback, and forms whose text gives orders: about three minutes on two idle cores. Exit status 1 when a request
 * was lost, an answer was mixed or an order was obeyed.
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import type { CompletionRequest, Window } from '../contracts/index.js'
import { describeForm } from '../extraction/describe/index.js'
import { requestFor } from '../extraction/variants/lora-requests.js'
import { cutWindows } from '../extraction/windows.js'
import { load, loadTwo, point } from './bench-service/adapters.js'
import { admin, askAll, askOnce, type Asked, metric, watchMemory } from './bench-service/clients.js'
import { tryInjection } from './bench-service/injection.js'
import { type OwnService, startService } from './inference-service.js'

const FIXTURES = 'data/fine-tuning/extraction/fixtures'
const WINDOWS_EACH = 2
/** Requests of one window each for the swaps, so that many answers come between two of them. */
const SWAP_REQUESTS = 6

const options = new Command('bench-service')
  .option('--json', 'one line of JSON on standard output')
  .option('--requests <n>', `requests of ${WINDOWS_EACH} windows for each throughput`, Number, 24)
  .option('--clients <n>', 'clients at once', Number, 16)
  .option('--swaps <n>', 'moves of the alias under the load of eight clients', Number, 50)
  .parse()
  .opts<{ json?: boolean; requests: number; clients: number; swaps: number }>()

const round = (value: number): number => Math.round(value * 100) / 100
const say = (text: string) => process.stderr.write(`${text}\n`)
const statuses = (all: Asked[]) =>
  Object.fromEntries([...new Set(all.map((a) => a.status))].map((status) => [status, all.filter((a) => a.status === status).length]))

function percentile(all: Asked[], share: number): number {
  const sorted = all.map((a) => a.seconds).sort((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0)
}

/** Of as many fixtures as have so many. */
async function someWindows(count: number): Promise<Window[]> {
  const names = (await readdir(FIXTURES)).filter((name) => name.endsWith('.pdf')).sort()
  const windows: Window[] = []
  for (const name of names) {
    if (windows.length >= count) break
    windows.push(...cutWindows(await describeForm(new Uint8Array(await readFile(join(FIXTURES, name))))))
  }
  return windows
}

/** Started afresh, so that no prompt is known from before. */
async function withService<T>(state: string, settings: Record<string, string>, use: (service: OwnService) => Promise<T>): Promise<T> {
  const service = await startService(state, settings)
  try {
    return await use(service)
  } finally {
    await service.close()
  }
}

async function throughput(service: OwnService, clients: number, requests: CompletionRequest[]) {
  const started = performance.now()
  const all = await askAll(
    service,
    clients,
    (turn) => requests[turn]!,
    (turn) => turn < requests.length,
  )
  const seconds = (performance.now() - started) / 1000
  const figures = { clients, windowsPerSecond: round((requests.length * WINDOWS_EACH) / seconds), statuses: statuses(all) }
  return { ...figures, p50: percentile(all, 0.5), p99: percentile(all, 0.99) }
}

/** A candidate is loaded and the alias swapped while eight clients ask; each answer must be of the adapter that its header names. */
async function swapping(service: OwnService, digests: [string, string], requests: CompletionRequest[]) {
  const reference = new Map<string, string[][]>()
  for (const digest of digests) {
    const answers = []
    for (const request of requests) answers.push((await askOnce(service, { ...request, model: digest })).texts)
    reference.set(digest, answers)
  }
  const telling = requests.map((_, i) => i).filter((i) => reference.get(digests[0])![i]!.join() !== reference.get(digests[1])![i]!.join())
  if (telling.length === 0) throw new Error('The two adapters answer alike; nothing could be told of a mix.')
  let [swaps, answered, mixed, rounded] = [0, 0, 0, 0]
  const turns = new Map<CompletionRequest, number>(telling.map((i) => [requests[i]!, i]))
  const asked: Asked[] = []
  const client = async (first: number) => {
    for (let turn = first; swaps < options.swaps; turn++) {
      const i = telling[turn % telling.length]!
      const one = await askOnce(service, requests[i]!)
      asked.push(one)
      answered++
      const other = digests[0] === one.adapter ? digests[1] : digests[0]
      const [own, others] = [reference.get(one.adapter)?.[i]?.join(), reference.get(other)![i]!.join()]
      if (one.texts.join() === others) mixed++
      else if (one.texts.join() !== own) rounded++
    }
  }
  let loadSeconds = 0
  const swap = async () => {
    await admin(service, 'POST', '/v1/unload_lora_adapter', { lora_name: digests[1] })
    loadSeconds = await load(service, digests[1], state)
    while (swaps < options.swaps) {
      const before = answered
      await point(service, digests[(swaps + 1) % 2]!)
      while (answered < before + 2) await new Promise((resolve) => setTimeout(resolve, 10))
      swaps++
    }
  }
  await Promise.all([...Array.from({ length: 8 }, (_, i) => client(i)), swap()])
  // Neither adapter's reference: near ties fall otherwise in other company.
  return { loadSeconds: round(loadSeconds), swaps, answered, statuses: statuses(asked), mixed, otherwiseRounded: rounded, told: turns.size }
}

const folder = '.formwright/tmp'
await mkdir(folder, { recursive: true })
const state = await mkdtemp(join(folder, 'bench-service-'))
try {
  await mkdir(join(state, 'adapters'))
  const windows = await someWindows(options.requests * WINDOWS_EACH)
  const requests = Array.from({ length: options.requests }, (_, i) => {
    const first = (i * WINDOWS_EACH) % (windows.length - WINDOWS_EACH + 1)
    return requestFor('lora-v1', windows.slice(first, first + WINDOWS_EACH))
  })
  const single = windows.slice(0, SWAP_REQUESTS).map((window) => requestFor('lora-v1', [window]))
  const digests = await withService(state, {}, (service) => loadTwo(service, state))
  const result: Record<string, unknown> = { machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`, load: round(loadavg()[0] ?? 0) }
  const told = (name: string, value: unknown) => {
    result[name] = value
    say(JSON.stringify({ [name]: value }))
  }
  await withService(state, {}, async (service) => {
    told('readySeconds', round(service.readySeconds))
    told('one', await throughput(service, 1, requests))
  })
  await withService(state, {}, async (service) => {
    const memory = watchMemory(service)
    told('many', await throughput(service, options.clients, requests))
    told('swaps', await swapping(service, digests, single))
    told('rollbackSeconds', round(await admin(service, 'POST', '/v1/aliases/lora-v1/rollback')))
    await point(service, digests[0])
    told('injection', await tryInjection(service))
    const loaded = await metric(service, 'formwright_loaded_models')
    const now = await metric(service, 'process_resident_memory_bytes')
    told('memoryMiB', { loaded, resident: round(now / 2 ** 20), most: round((await memory.stop()) / 2 ** 20) })
  })
  await withService(state, { FORMWRIGHT_INFERENCE_MAX_QUEUED: '12' }, async (service) => {
    const all = await askAll(
      service,
      options.clients,
      (turn) => requests[turn % requests.length]!,
      (turn) => turn < 2 * options.clients,
    )
    const refused = all.filter((a) => a.status === 429)
    told('aboveTheQueue', { limit: 12, statuses: statuses(all), retryAfter: refused.every((a) => Number(a.retryAfter) >= 1) })
  })
  process.stdout.write(`${JSON.stringify(result, null, options.json ? undefined : 1)}\n`)
  const { many, swaps, injection } = result as {
    many: { statuses: object }
    swaps: { statuses: object; mixed: number }
    injection: { renamed: string[]; obeyed: string[] }
  }
  const only200 = (of: object) => Object.keys(of).join() === '200'
  const obeyed = injection.renamed.length + injection.obeyed.length > 0
  process.exitCode = only200(many.statuses) && only200(swaps.statuses) && swaps.mixed === 0 && !obeyed ? 0 : 1
} finally {
  await rm(state, { recursive: true, force: true })
}
