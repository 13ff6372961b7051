import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from './health.js'
import { ROOT } from './layout.js'
import type { Context, Part } from './part.js'
import { endGroup, type ProcessFile, signalGroup } from './processes.js'

/** A log is put aside beyond this, so that a platform left alone does not fill the disk. */
const MAX_LOG_BYTES = 20 * 1024 * 1024
const LAST_LINES = 12
/** Of our own environment, what every server may need. Secrets of other programs stay out. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']

/** A part that ended before it was told to. */
export class PartDied extends Error {
  constructor(
    readonly part: string,
    how: string,
    lastLines: string,
    log: string,
  ) {
    super(`${part} ${how}. Its last lines (all of them in ${log}):\n${lastLines || '  (it wrote nothing)'}`)
    this.name = 'PartDied'
  }
}

/** One running server: started, watched, stopped. */
export class RunningPart {
  private child: ChildProcess | undefined
  private stopping = false
  private serving = false
  readonly log: string

  constructor(
    readonly part: Part,
    private readonly context: Context,
    private readonly processes: ProcessFile,
    private readonly onDeath: (running: RunningPart, death: PartDied) => void,
  ) {
    this.log = join(context.layout.logs, `${part.name}.log`)
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Starts the server and waits until it serves. Throws PartDied when it ends first or takes too long. */
  async start(signal?: AbortSignal): Promise<void> {
    this.stopping = false
    const { file, args, env } = await this.part.command(this.context)
    await mkdir(this.context.layout.logs, { recursive: true })
    const size = await stat(this.log).then(
      (s) => s.size,
      () => 0,
    )
    if (size > MAX_LOG_BYTES) await rename(this.log, `${this.log}.1`)
    const log = await open(this.log, 'a', 0o600)
    const passed = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
    const child = spawn(file, args, { cwd: ROOT, env: { ...passed, ...env }, stdio: ['ignore', log.fd, log.fd], detached: true })
    this.child = child
    const died = new AbortController()
    child.once('error', (error) => died.abort(error))
    child.once('exit', (code, by) => {
      void this.exited(child, code === null ? `was ended by ${by}` : `ended with status ${code}`, died)
    })
    await log.close()
    if (child.pid !== undefined) await this.processes.add(this.part.name, child.pid)
    const limit = AbortSignal.timeout(this.part.startSeconds * 1000)
    try {
      await until(() => this.part.ready(this.context), AbortSignal.any([died.signal, limit, ...(signal ? [signal] : [])]))
    } catch (error) {
      if (limit.aborted) throw await this.death(`does not serve after ${this.part.startSeconds} seconds`)
      throw error instanceof PartDied || signal?.aborted ? error : await this.death(`did not start: ${(error as Error).message}`)
    }
    this.serving = true
  }

  private async exited(child: ChildProcess, how: string, died: AbortController): Promise<void> {
    if (this.child !== child) return
    this.child = undefined
    const serving = this.serving
    this.serving = false
    // Whatever the dead server had started must not outlive it, except EC2's instances, which are groups of their own.
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
    await this.processes.remove(this.part.name)
    if (this.stopping) return died.abort(new Error('stopped'))
    const death = await this.death(how)
    died.abort(death)
    if (serving) this.onDeath(this, death)
  }

  private async death(how: string): Promise<PartDied> {
    const text = await readFile(this.log, 'utf8').catch(() => '')
    const lines = text.trimEnd().split('\n').slice(-LAST_LINES)
    return new PartDied(this.part.name, how, lines.map((line) => `  ${line.slice(0, 300)}`).join('\n'), this.log)
  }

  /** SIGKILL to the server's whole process group, as a drill does: it is not started again by itself. */
  async kill(): Promise<void> {
    this.stopping = true
    const child = this.child
    if (child?.pid === undefined) return
    const exited = once(child, 'exit')
    signalGroup(child.pid, 'SIGKILL')
    await exited
  }

  /** Ends the server and everything it started. Resolves when nothing is left. */
  async stop(): Promise<void> {
    this.stopping = true
    const child = this.child
    if (child?.pid === undefined) return
    const exited = once(child, 'exit')
    await endGroup(child.pid, this.part.stopSeconds * 1000)
    if (child.exitCode === null && child.signalCode === null) await exited
    await this.processes.remove(this.part.name)
  }
}
