import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PlatformState } from '../../contracts/settings.js'
import { environmentOf, stateOf } from './environment.js'
import { Ec2Control } from './ec2-control.js'
import { readJson, writeWhole } from './files.js'
import { isUsual, type Layout, layoutOf } from './layout.js'
import { type Context, PARTS, type PartName } from './part.js'
import { ALL_PARTS } from './parts/index.js'
import { choosePorts } from './ports.js'
import { guard } from './guardian.js'
import { endLeftovers, isAlive, KnownProcess, ProcessFile, thisProcess } from './processes.js'
import { secretsOf } from './secrets.js'
import { makeFirstLive, seedObjectStore } from './seed.js'
import { type PartDied, RunningPart } from './supervise.js'

/** Back-off before each restart of a part that died, in seconds; after the last one the platform gives up. */
const RESTART_AFTER = [1, 2, 4, 8, 16]
/** A part that lived this long before it died counts as well. */
const WELL_AFTER_MS = 60_000
const LEFTOVER_GRACE_MS = 15_000

export interface PlatformOptions {
  /** Default: all that this checkout has an entry point for. */
  parts?: readonly PartName[]
  /** Default: as FORMWRIGHT_PLATFORM_DIR says, else `.formwright`. A folder of its own also means random ports. */
  dir?: string
  /** Added to every part's environment. */
  env?: Record<string, string>
  /** A line for people on each thing that happens. */
  tell?: (line: string) => void
  /** Aborting it during the start stops what has started. */
  signal?: AbortSignal
}

/** Another platform runs on the same folder. */
export class AlreadyRunning extends Error {
  constructor(pid: number, dir: string) {
    super(`A platform already runs on ${dir} (process ${pid}). Stop it with Ctrl-C in its terminal, or with \`kill ${pid}\`.`)
    this.name = 'AlreadyRunning'
  }
}

/** The running platform. */
export class Platform {
  private readonly running = new Map<PartName, RunningPart>()
  private readonly deaths = new Map<PartName, { count: number; at: number }>()
  private stopped: Promise<void> | undefined
  private giveUp!: (reason: Error) => void
  /** Resolves with the reason when the platform has stopped by itself. */
  readonly failed: Promise<Error> = new Promise((resolve) => {
    this.giveUp = resolve
  })
  private readonly release: () => void
  /** Faults, prices and interruptions of the embedded EC2. */
  readonly ec2: Ec2Control

  constructor(
    readonly state: PlatformState,
    private readonly context: Context,
    private readonly processes: ProcessFile,
    private readonly tell: (line: string) => void,
  ) {
    this.release = guard(processes.path)
    this.ec2 = new Ec2Control(state.addresses.ec2, context.secrets.ec2ControlToken)
  }

  get env(): Record<string, string> {
    return this.context.env
  }

  get layout(): Layout {
    return this.context.layout
  }

  /** A running part. Throws when it was not asked for or is absent from this checkout. */
  part(name: PartName): RunningPart {
    const part = this.running.get(name)
    if (!part) throw new Error(`The platform runs without ${name}.`)
    return part
  }

  /** Starts a part and waits until it serves. */
  async start(name: PartName, signal?: AbortSignal): Promise<void> {
    const part =
      this.running.get(name) ?? new RunningPart(ALL_PARTS[name], this.context, this.processes, (dead, death) => void this.died(dead, death))
    this.running.set(name, part)
    const began = Date.now()
    await part.start(signal)
    this.tell(`${name} serves (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  }

  private async died(running: RunningPart, death: PartDied): Promise<void> {
    const { name, restarts } = running.part
    this.tell(death.message)
    const before = this.deaths.get(name)
    const count = before && Date.now() - before.at < WELL_AFTER_MS ? before.count + 1 : 1
    this.deaths.set(name, { count, at: Date.now() })
    const wait = restarts ? RESTART_AFTER[count - 1] : undefined
    if (wait === undefined) {
      const why = restarts ? `${name} died ${count} times in a row` : `nothing works without ${name}`
      await this.stop()
      return this.giveUp(new Error(`The platform has stopped: ${why}. ${death.message}`))
    }
    this.tell(`${name} is started again in ${wait} s`)
    await sleep(wait * 1000)
    if (this.stopped) return
    await this.start(name).catch((error: PartDied) => (this.stopped ? undefined : this.died(running, error)))
  }

  /** Stops every part in reverse order and leaves nothing running. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll()
    return this.stopped
  }

  private async stopAll(): Promise<void> {
    for (const name of [...PARTS].reverse()) {
      const part = this.running.get(name)
      if (!part) continue
      const ran = part.pid !== undefined
      await part.stop()
      if (ran) this.tell(`${name} has stopped`)
    }
    this.release()
    await rm(this.layout.platform, { force: true })
    await rm(lockOf(this.layout), { force: true })
  }
}

const lockOf = (layout: Layout): string => join(layout.state, 'platform.lock')

/** Takes the folder for this process. A lock whose holder is gone is taken over. */
async function lock(layout: Layout): Promise<void> {
  await mkdir(layout.state, { recursive: true })
  const mine = JSON.stringify(thisProcess('platform'))
  for (;;) {
    try {
      return await writeFile(lockOf(layout), mine, { flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    // Half a lock is one whose writer was killed.
    const holder = await readJson(lockOf(layout), KnownProcess).catch(() => undefined)
    if (holder && isAlive(holder)) throw new AlreadyRunning(holder.pid, layout.dir)
    await rm(lockOf(layout), { force: true })
  }
}

/**
 * Starts the embedded platform, or the parts asked for, in order, each one healthy before the next.
 * When one does not start, those before it are stopped. Throws AlreadyRunning, or PartDied with the part's last lines.
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const layout = layoutOf(options.dir)
  const tell = options.tell ?? (() => {})
  await lock(layout)
  const left = await endLeftovers(layout.processes, LEFTOVER_GRACE_MS)
  if (left.length > 0) tell(`ended what an earlier platform left: ${left.join(', ')}`)
  const ports = await choosePorts(layout.ports, { random: !isUsual(layout) })
  const secrets = await secretsOf(layout.secrets)
  const wanted = options.parts ?? PARTS.filter((name) => ALL_PARTS[name].present())
  const parts = PARTS.filter((name) => wanted.includes(name))
  const env = { ...environmentOf(ports, secrets, parts), ...options.env }
  const context: Context = { layout, ports, secrets, env, parts }
  const platform = new Platform(stateOf(context), context, new ProcessFile(layout.processes), tell)
  try {
    for (const name of parts) {
      await platform.start(name, options.signal)
      if (name === 's3' && parts.includes('worker')) await seedObjectStore(env)
    }
    if (parts.includes('s3') && parts.includes('inference')) {
      const { adapter } = await seedObjectStore(env)
      if (adapter && (await makeFirstLive(env, adapter))) tell(`the shipped adapter is live as lora-v1 (${adapter.slice(0, 12)}…)`)
    }
  } catch (error) {
    await platform.stop()
    throw error
  }
  await writeWhole(layout.platform, JSON.stringify(platform.state, null, 1), 0o600)
  return platform
}
