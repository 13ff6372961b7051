import { setTimeout as wait } from 'node:timers/promises'

/** Time as the activities see it; a simulation brings its own. */
export interface Clock {
  now(): number
  /** @throws the signal's reason when it is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) }
