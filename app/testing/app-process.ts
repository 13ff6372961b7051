import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MALLOC_ENV } from '../malloc.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START_SECONDS = 280

/** The app as it is started for real, with an address, a password and a folder of its own. */
export interface AppProcess {
  url: string
  password: string
  stateDir: string
  /** Most memory that the process held so far, in MiB; undefined where the system does not tell. */
  peakMiB(): Promise<number | undefined>
  stop(): Promise<void>
}

/** Starts `app/main.ts` on a free port. Throws with its output when it does not serve. */
export async function startApp(env: Record<string, string> = {}): Promise<AppProcess> {
  const stateDir = await mkdtemp(join(tmpdir(), 'formwright-app-'))
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'app', 'main.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // As the platform starts it.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...MALLOC_ENV, PORT: '0', FORMWRIGHT_STATE_DIR: stateDir, ...env },
  })
  let output = ''
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    await rm(stateDir, { recursive: true, force: true })
  }
  const read = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const deadline = Date.now() + START_SECONDS * 1000
  for (;;) {
    const url = /serves (http:\S+?)"/.exec(output)?.[1]
    const password = /its password ([\w-]+)/.exec(output)?.[1]
    if (url && password) return { url, password, stateDir, stop, peakMiB: () => peakMiB(child.pid!) }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`The app did not start:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function peakMiB(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}
