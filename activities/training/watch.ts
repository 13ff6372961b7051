import { Heartbeat, TrainResult } from '../../contracts/index.js'
import type { Clock } from '../ports/clock.js'
import type { Compute } from '../ports/compute.js'
import { keyOf, type ObjectStore } from '../ports/object-store.js'
import type { Sighting, Watched, WatchInput } from '../types.js'
import { leaseBytes } from './launch.js'

export interface WatchPorts {
  store: ObjectStore
  compute: Compute
  clock: Clock
}
export interface WatchContext {
  signal?: AbortSignal
  /** Called at every look; lets Temporal know that the watcher lives. */
  beat(watched: Watched): void
}

interface Gone {
  interrupted: boolean
  reason: string
}

const GONE = new Set(['shutting-down', 'terminated', 'stopping', 'stopped'])
const MS = 1000

/**
 * Looks at an attempt until something happens or the slice is over: touches the lease, reads the heartbeat, the result
 * and the instance's state. Answers `progress` at a new state or twentieth of the way, so that the workflow hears of it.
 */
export async function watchAttempt(ports: WatchPorts, input: WatchInput, context: WatchContext): Promise<Sighting> {
  const { clock } = ports
  const end = clock.now() + input.pace.sliceSeconds * MS
  let watched: Watched = input.since ?? { heartbeat: null, heardAt: input.launchedAt, movedAt: input.launchedAt }
  const before = watched
  for (;;) {
    await ports.store.put(`${keyOf(ports.store, input.output)}lease.json`, leaseBytes(input.attempt.attempt, input.stop, clock.now()))
    // The instance is looked at before its words are read: one that is gone has said everything.
    const gone = await instanceGone(ports, input)
    watched = await hear(ports, input, watched)
    context.beat(watched)
    const over = await verdict(ports, input, watched, gone)
    if (over) return over
    if (clock.now() >= end || worthTelling(before, watched)) return { kind: 'progress', watched }
    await clock.sleep(input.pace.pollSeconds * MS, context.signal)
  }
}

async function hear(ports: WatchPorts, input: WatchInput, before: Watched): Promise<Watched> {
  const key = `${keyOf(ports.store, input.output)}attempts/${input.attempt.attempt}/heartbeat.json`
  const object = await ports.store.get(key)
  // Half-written or foreign bytes count as silence: the next heartbeat overwrites them.
  const parsed = object && Heartbeat.safeParse(parseJson(object.bytes))
  const now = ports.clock.now()
  if (!parsed?.success || parsed.data.at === before.heartbeat?.at) return before
  const heartbeat = parsed.data
  const moved = heartbeat.step !== before.heartbeat?.step || heartbeat.state !== before.heartbeat?.state
  return { heartbeat, heardAt: now, movedAt: moved ? now : before.movedAt }
}

async function verdict(ports: WatchPorts, input: WatchInput, watched: Watched, gone: Gone | null): Promise<Sighting | null> {
  const { heartbeat } = watched
  const result = await ports.store.get(`${keyOf(ports.store, input.output)}result.json`)
  if (result) return { kind: 'done', watched, result: TrainResult.parse(parseJson(result.bytes)) }
  if (heartbeat?.state === 'failed')
    return { kind: 'program-error', watched, reason: heartbeat.error ?? 'the training program failed without a message' }
  if (heartbeat?.state === 'interrupted')
    return {
      kind: 'interrupted',
      watched,
      reason: 'the instance had to leave early (EC2 takes it back, or its lease ran out); it saved first',
    }
  if (gone)
    return {
      kind: gone.interrupted ? 'interrupted' : 'lost',
      watched,
      reason: heartbeat ? gone.reason : `${gone.reason}, before its first heartbeat`,
    }
  return silence(ports.clock.now(), input, watched)
}

async function instanceGone(ports: WatchPorts, input: WatchInput): Promise<Gone | null> {
  const { instanceId, region } = input.attempt
  if (!instanceId) return { interrupted: false, reason: 'the attempt has no instance' }
  const instance = await ports.compute.describe(region, instanceId)
  // Just launched instances may be unknown to a describe for a moment; silence decides then.
  if (!instance || !GONE.has(instance.state)) return null
  const interrupted = instance.reason.includes('Spot')
  return { interrupted, reason: `the instance is ${instance.state}${instance.reason ? ` (${instance.reason})` : ''}` }
}

/** Lost: no new heartbeat. Stuck: heartbeats, but no step for long. Slow is neither. */
function silence(now: number, input: WatchInput, watched: Watched): Sighting | null {
  const { bootSeconds, lostSeconds, stuckSeconds } = input.pace
  const silent = (now - watched.heardAt) / MS
  if (!watched.heartbeat) {
    return silent > bootSeconds ? { kind: 'lost', watched, reason: `no first heartbeat within ${bootSeconds} s: the boot failed` } : null
  }
  if (silent > lostSeconds) return { kind: 'lost', watched, reason: `no heartbeat for ${Math.round(silent)} s` }
  const still = (now - watched.movedAt) / MS
  return still > stuckSeconds ? { kind: 'lost', watched, reason: `stuck: heartbeats, but no new step for ${Math.round(still)} s` } : null
}

function worthTelling(before: Watched, now: Watched): boolean {
  if (!now.heartbeat) return false
  if (now.heartbeat.state !== before.heartbeat?.state) return true
  const twentieth = (w: Watched): number =>
    w.heartbeat && w.heartbeat.steps > 0 ? Math.floor((w.heartbeat.step / w.heartbeat.steps) * 20) : -1
  return twentieth(now) !== twentieth(before)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
