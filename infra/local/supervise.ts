import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from './health.js'
import { ROOT } from './layout.js'
import type { Command, Context, Part } from './part.js'
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
    lines: string,
    log: string,
  ) {
    super(`${part} ${how}. Its last lines (all of them in ${log}):\n${lines.trim() === '' ? '  (it wrote nothing)' : lines}`)
    this.name = 'PartDied'
  }
}

/** What a line of our own says, without what it says for programs. */
function spoken(line: string): string {
  try {
    const { level, message } = JSON.parse(line) as { level?: unknown; message?: unknown }
    return typeof level === 'string' && typeof message === 'string' ? `${level}: ${message}`.replaceAll('\n', '\n    ') : line
  } catch {
    return line
  }
}

/** Last lines of a log, for people. Of a long line its two ends: a trace in one line says what is wrong at its end. */
export function lastLines(log: string): string {
  const shorten = (line: string): string => (line.length > 400 ? `${line.slice(0, 120)} … ${line.slice(-280)}` : line)
  const lines = log.trimEnd().split('\n').slice(-LAST_LINES)
  return lines.map((line) => `  ${shorten(spoken(line))}`).join('\n')
}

interface Running {
  child: ChildProcess
  pid: number
  /** Its end was asked for: no death to tell. */
  expected: boolean
  serving: boolean
  /** Settled once the process is gone and that is noted. */
  gone: Promise<void>
}

/** One server: started, watched, stopped, started again. */
export class RunningPart {
  private running: Running | undefined
  private starting: Promise<void> | undefined
  private halt = new AbortController()
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
    return this.running?.pid
  }

  /** Starts the server and waits until it serves. Throws PartDied when it ends first or takes too long. */
  start(signal?: AbortSignal): Promise<void> {
    this.halt = new AbortController()
    const halted = signal ? AbortSignal.any([signal, this.halt.signal]) : this.halt.signal
    this.starting = this.startUntil(halted)
    return this.starting
  }

  private async startUntil(halted: AbortSignal): Promise<void> {
    const command = await this.part.command(this.context)
    halted.throwIfAborted()
    const died = new AbortController()
    const running = await this.spawn(command, died)
    const limit = AbortSignal.timeout(this.part.startSeconds * 1000)
    try {
      await until(() => this.part.ready(this.context), AbortSignal.any([died.signal, limit, halted]))
      running.serving = true
    } catch (error) {
      if (limit.aborted) throw await this.death(`does not serve after ${this.part.startSeconds} seconds`)
      throw error
    }
  }

  private async spawn({ file, args, env }: Command, died: AbortController): Promise<Running> {
    await mkdir(this.context.layout.logs, { recursive: true })
    const size = await stat(this.log).then(
      (s) => s.size,
      () => 0,
    )
    if (size > MAX_LOG_BYTES) await rename(this.log, `${this.log}.1`)
    const log = await open(this.log, 'a', 0o600)
    const passed = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
    const child = spawn(file, args, { cwd: ROOT, env: { ...passed, ...env }, stdio: ['ignore', log.fd, log.fd], detached: true })
    const failed = new Promise<Error>((resolve) => child.once('error', resolve))
    const exit = new Promise<string>((resolve) => {
      child.once('exit', (code, by) => resolve(code === null ? `was ended by ${by}` : `ended with status ${code}`))
    })
    await log.close()
    if (child.pid === undefined) throw await this.death(`did not start: ${(await failed).message}`)
    const running: Running = { child, pid: child.pid, expected: false, serving: false, gone: Promise.resolve() }
    running.gone = exit.then((how) => this.exited(running, how, died))
    this.running = running
    await this.processes.add(this.part.name, child.pid)
    return running
  }

  private async exited(running: Running, how: string, died: AbortController): Promise<void> {
    // Whatever the dead server had started must not outlive it, except EC2's instances, which are groups of their own.
    signalGroup(running.pid, 'SIGKILL')
    if (this.running === running) this.running = undefined
    await this.processes.remove(this.part.name)
    const death = await this.death(how)
    died.abort(death)
    if (running.serving && !running.expected) this.onDeath(this, death)
  }

  private async death(how: string): Promise<PartDied> {
    const text = await readFile(this.log, 'utf8').catch(() => '')
    return new PartDied(this.part.name, how, lastLines(text), this.log)
  }

  /** SIGKILL to the server's whole process group, as a drill does: it is not started again by itself. */
  async kill(): Promise<void> {
    const running = this.running
    if (!running) return
    running.expected = true
    signalGroup(running.pid, 'SIGKILL')
    await running.gone
  }

  /** Ends the server and everything it started, also while it starts. Resolves when nothing is left. */
  async stop(): Promise<void> {
    this.halt.abort(new Error('stopped'))
    await this.starting?.catch(() => {})
    const running = this.running
    if (!running) return
    running.expected = true
    await endGroup(running.pid, this.part.stopSeconds * 1000)
    await running.gone
  }
}
