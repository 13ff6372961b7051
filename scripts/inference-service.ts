import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, open, readFile, rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { isLiveHere, ModelList, PlatformState } from '../contracts/index.js'
import { BASE_DIR as BASE, layoutOf, ROOT, SHIPPED_ADAPTER, VENV_BIN } from '../infra/local/layout.js'
import { lastLines } from '../infra/local/supervise.js'

const PYTHON = join(VENV_BIN, 'python')
// Ready in seconds on idle cores; other work may take most of them.
const READY_SECONDS = 300

/** An inference service to use, and how to let go of it. */
export interface Inference {
  url: string
  token?: string
  baseModel: string
  close(): Promise<void>
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

async function isReady(url: string): Promise<boolean> {
  return fetch(new URL('/ready', url), { signal: AbortSignal.timeout(2000) }).then(
    (r) => r.ok,
    () => false,
  )
}

/** The base model's name, as the service lists it. */
async function baseModelOf(url: string, token: string | undefined): Promise<string> {
  const response = await fetch(new URL('/v1/models', url), { headers: token ? { authorization: `Bearer ${token}` } : {} })
  return ModelList.parse(await response.json()).data.find((m) => m.state === 'base' || (!m.state && !m.parent))?.id ?? 'base'
}

/** The running platform's service, or the one that the environment names. */
async function running(): Promise<Inference | undefined> {
  const close = async () => {}
  const named = process.env.FORMWRIGHT_INFERENCE_URL
  if (named) {
    const token = process.env.FORMWRIGHT_INFERENCE_TOKEN
    return { url: named, ...(token ? { token } : {}), baseModel: await baseModelOf(named, token), close }
  }
  const text = await readFile(layoutOf().platform, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const state = PlatformState.safeParse(JSON.parse(text))
  if (!state.success) return undefined
  const { FORMWRIGHT_INFERENCE_URL: url, FORMWRIGHT_INFERENCE_TOKEN: token } = state.data.env
  if (!url || !(await isReady(url))) return undefined
  return { url, ...(token ? { token } : {}), baseModel: await baseModelOf(url, token), close }
}

/** A service of our own, ready; `readySeconds` after its start. */
export interface OwnService {
  url: string
  token: string
  adminToken: string
  readySeconds: number
  close(): Promise<void>
}

/** Copies an adapter folder to where the service may read it, under its digest; beside and then renamed. */
export async function stage(adapter: string, state: string): Promise<{ sha256: string; folder: string }> {
  const manifest = await readFile(join(adapter, 'manifest.json')).catch(() => undefined)
  if (!manifest) throw new Error(`there is no adapter in ${adapter}. Train one with \`npm start\`, or use --variant extraction/rules-v1.`)
  const sha256 = createHash('sha256').update(manifest).digest('hex')
  const folder = join(state, 'adapters', sha256)
  if (!existsSync(join(folder, 'manifest.json'))) {
    const beside = `${folder}.${process.pid}.next`
    await cp(adapter, beside, { recursive: true })
    await rename(beside, folder)
  }
  return { sha256, folder }
}

/** Makes an adapter live, unless something already is and none was asked for. */
async function ensureLive(url: string, adminToken: string, state: string, adapter: string | undefined): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const listed = ModelList.parse(await (await fetch(new URL('/v1/models', url), { headers })).json())
  if (adapter === undefined && listed.data.some((m) => isLiveHere(m, 'lora-v1'))) return
  const { sha256, folder } = await stage(adapter ?? SHIPPED_ADAPTER, state)
  const calls: [string, string, object][] = [
    ['POST', '/v1/load_lora_adapter', { lora_name: sha256, lora_path: `file://${folder}`, sha256 }],
    ['PUT', '/v1/aliases/lora-v1', { digest: sha256 }],
  ]
  for (const [method, path, body] of calls) {
    const response = await fetch(new URL(path, url), { method, headers, body: JSON.stringify(body) })
    if (!response.ok)
      throw new Error(`the inference service refused ${path} (${response.status}): ${(await response.text()).slice(0, 300)}`)
  }
}

/** Starts a service on a state folder and waits until it is ready. */
export async function startService(state: string, settings: Record<string, string> = {}): Promise<OwnService> {
  if (!existsSync(PYTHON) || !existsSync(BASE))
    throw new Error('the set-up has not run yet; run `node scripts/setup.mjs` (or `npm start`) once.')
  const { logs } = layoutOf()
  await Promise.all([mkdir(join(state, 'adapters'), { recursive: true }), mkdir(logs, { recursive: true })])
  const logFile = join(logs, 'inference-cli.log')
  const log = await open(logFile, 'w')
  const port = await freePort()
  const [token, adminToken] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')]
  let close = async (): Promise<void> => {}
  // Whatever ends the command ends its service too; known before there is one, so that no signal falls between.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void close().then(() => process.exit(130)))
  const started = performance.now()
  const child = spawn(PYTHON, ['-m', 'formwright_inference'], {
    cwd: ROOT,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...process.env,
      ...settings,
      PYTHONPATH: ['inference', 'training', 'contracts/python'].map((p) => join(ROOT, p)).join(':'),
      FORMWRIGHT_INFERENCE_HOST: '127.0.0.1',
      FORMWRIGHT_INFERENCE_PORT: String(port),
      FORMWRIGHT_BASE_DIR: BASE,
      FORMWRIGHT_INFERENCE_STATE_DIR: state,
      FORMWRIGHT_INFERENCE_TOKEN: token,
      FORMWRIGHT_ADMIN_TOKEN: adminToken,
    },
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  close = async () => {
    child.kill('SIGTERM')
    await gone
  }
  await log.close()
  const url = `http://127.0.0.1:${port}`
  try {
    const deadline = Date.now() + READY_SECONDS * 1000
    while (!(await isReady(url))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the inference service ended at its start:\n${lastLines(await readFile(logFile, 'utf8'))}`)
      if (Date.now() > deadline) throw new Error(`the inference service was not ready within ${READY_SECONDS} s; see ${logFile}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return { url, token, adminToken, readySeconds: (performance.now() - started) / 1000, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A service of our own on the platform's state, so that what is live there answers here too. */
async function startOwn(adapter: string | undefined): Promise<Inference> {
  const state = join(layoutOf().state, adapter === undefined ? 'inference' : 'inference-trial')
  const { url, token, adminToken, close } = await startService(state)
  try {
    await ensureLive(url, adminToken, state, adapter)
    return { url, token, baseModel: await baseModelOf(url, token), close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * The running inference service, or one started for this call. With `adapter`, a folder in PEFT's layout, always one of
 * our own, apart from what is live.
 * @throws Error saying what is missing
 */
export async function openInference(adapter?: string): Promise<Inference> {
  return (adapter === undefined ? await running() : undefined) ?? (await startOwn(adapter))
}
