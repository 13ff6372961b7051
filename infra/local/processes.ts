import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readJson, writeWhole } from './files.js'

/** A process known for sure: pids are used again, a pid with its start time is not. */
export const KnownProcess = z.object({ name: z.string(), pid: z.int(), started: z.string() })
export type KnownProcess = z.infer<typeof KnownProcess>

/** Fields of /proc/PID/stat after the name: state, parent, group, …, start time as the 20th. */
function statFields(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()!.split(' ')
  } catch {
    return undefined
  }
}

/** When a process started, as the system tells it; `undefined` when there is none, or only its exit status. */
export function startOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    const fields = statFields(pid)
    return fields?.[0] === 'Z' ? undefined : fields?.[19]
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

export const isAlive = (known: { pid: number; started: string }): boolean => startOf(known.pid) === known.started

/** Signals a whole process group; false when nothing is left of it. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true
    return false
  }
}

/** Ends a process group: SIGTERM, and SIGKILL for what is left after `graceMs`. */
export async function endGroup(pid: number, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs
  signalGroup(pid, 'SIGTERM')
  while (groupAlive(pid)) {
    if (Date.now() > deadline) signalGroup(pid, 'SIGKILL')
    await sleep(50)
  }
}

/** Whether anything of a group runs. Zombies do not count: in a container nobody may ever collect them. */
function groupAlive(pgid: number): boolean {
  if (!signalGroup(pgid, 0)) return false
  if (!existsSync('/proc/self/stat')) {
    const listed = execFileSync('ps', ['-eo', 'pgid=,stat='], { encoding: 'utf8' })
    return listed.split('\n').some((line) => new RegExp(`^\\s*${pgid}\\s+[^Z]`).test(line))
  }
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    const fields = statFields(Number(entry))
    return fields !== undefined && fields[0] !== 'Z' && fields[2] === String(pgid)
  })
}

const Started = z.object({ platform: KnownProcess, parts: z.array(KnownProcess) })

export const thisProcess = (name: string): KnownProcess => ({ name, pid: process.pid, started: startOf(process.pid) ?? '' })

/** The file of processes that a platform started, so that others can end what it left when it was killed. */
export class ProcessFile {
  private readonly parts = new Map<string, KnownProcess>()
  private readonly platform = thisProcess('platform')
  private writing: Promise<void> = Promise.resolve()
  constructor(readonly path: string) {}

  add(name: string, pid: number): Promise<void> {
    const started = startOf(pid)
    if (started !== undefined) this.parts.set(name, { name, pid, started })
    return this.save()
  }

  remove(name: string): Promise<void> {
    this.parts.delete(name)
    return this.save()
  }

  private save(): Promise<void> {
    const text = () => JSON.stringify({ platform: this.platform, parts: [...this.parts.values()] })
    this.writing = this.writing.then(() => writeWhole(this.path, text()))
    return this.writing
  }
}

/** Ends the process groups that a platform which is gone left; answers their names. `pid` limits it to one platform. */
export async function endLeftovers(path: string, graceMs: number, pid?: number): Promise<string[]> {
  const file = await readJson(path, Started)
  if (!file || isAlive(file.platform) || (pid !== undefined && file.platform.pid !== pid)) return []
  const left = file.parts.filter(isAlive).reverse()
  for (const part of left) await endGroup(part.pid, graceMs)
  return left.map(({ name }) => name)
}
