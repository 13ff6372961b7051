import pLimit from 'p-limit'
import { Bench } from './bench.js'
import { play, type Played } from './play.js'

/** What a campaign of schedules came to. */
export interface Simulation {
  seed: number
  runs: number
  atOnce: number
  /** Servers whose clock stopped. */
  stops?: number
  seconds: number
  /** Of this process; the test server's own come on top. */
  cpuSeconds: number
  endings: Record<string, number>
  /** Attempts by how they ended. */
  attempts: Record<string, number>
  /** Calls of ports, and the faults that struck them by kind. */
  calls: number
  struck: Record<string, number>
  violations: { seed: number; wrong: string[] }[]
}

/** Seeds on one server: its memory grows with the workflows that it has seen. */
export const SEEDS_PER_SERVER = 50

/**
 * Servers that a seed is given before it counts as hung. The test server can take a lock of its clock and never give it back
 * (sdk-java issues 2246 and 3088): no run on it gets on then, whatever its seed. It can also forget how an activity ended
 * that it was asked to cancel. A run that hangs by itself does so on each.
 */
const SERVERS_PER_SEED = 3

/** Plays seeds, several beside each other; calls `each` with every one. */
export async function simulate(
  { seed, runs, atOnce }: { seed: number; runs: number; atOnce: number },
  each: (played: Played) => void = () => undefined,
): Promise<Simulation> {
  const began = { at: Date.now(), cpu: process.cpuUsage() }
  const sum: Simulation = {
    seed,
    runs,
    atOnce,

    seconds: 0,
    cpuSeconds: 0,
    endings: {},
    attempts: {},
    calls: 0,
    struck: {},
    violations: [],
  }
  const tell = (played: Played): void => {
    add(sum, played)
    each(played)
  }
  const hung: number[] = []
  for (let left = Array.from({ length: runs }, (_, i) => seed + i); left.length > 0; ) {
    const ended = await onOneServer(left, atOnce, tell)
    hung.push(...ended.hung)
    left = ended.left
    if (ended.hung.length > 0) sum.stops = (sum.stops ?? 0) + 1
  }
  for (const one of hung)
    if (!(await alone(one, tell))) tell({ seed: one, ended: 'hung', attempts: [], calls: 0, struck: {}, wrong: ['hung'] })
  const { user, system } = process.cpuUsage(began.cpu)
  return { ...sum, seconds: Math.round((Date.now() - began.at) / 1000), cpuSeconds: Math.round((user + system) / 1e6) }
}

async function alone(seed: number, each: (played: Played) => void): Promise<boolean> {
  for (let server = 2; server <= SERVERS_PER_SEED; server++) if ((await onOneServer([seed], 1, each)).hung.length === 0) return true
  return false
}

/** Plays until a seed hangs: that one and those beside it are `hung`, the others `left`. */
async function onOneServer(seeds: number[], atOnce: number, each: (played: Played) => void): Promise<{ hung: number[]; left: number[] }> {
  const bench = await Bench.start('skipping')
  const stop = new AbortController()
  const ended = { hung: [] as number[], left: [] as number[] }
  try {
    const client = await bench.skipAlways()
    const limit = pLimit(atOnce)
    const one = async (seed: number): Promise<void> => {
      if (stop.signal.aborted) return void ended.left.push(seed)
      const played = await play(bench, client, seed, stop.signal)
      if (played.ended !== 'hung') return each(played)
      ended.hung.push(seed)
      stop.abort()
    }
    await Promise.all(seeds.map((seed) => limit(one, seed)))
  } finally {
    await bench.stop()
  }
  return ended
}

/** The sum of simulations whose seeds follow each other. */
export function together(parts: Simulation[]): Simulation {
  const [first, ...rest] = parts as [Simulation, ...Simulation[]]
  const sum: Simulation = structuredClone(first)
  for (const part of rest) {
    for (const kind of ['endings', 'attempts', 'struck'] as const)
      for (const [key, n] of Object.entries(part[kind])) count(sum[kind], key, n)
    for (const key of ['runs', 'seconds', 'cpuSeconds', 'calls'] as const) sum[key] += part[key]
    sum.stops = (sum.stops ?? 0) + (part.stops ?? 0)
    sum.violations.push(...part.violations)
  }
  return sum
}

function count(into: Record<string, number>, key: string, n = 1): void {
  into[key] = (into[key] ?? 0) + n
}

function add(sum: Simulation, played: Played): void {
  count(sum.endings, played.ended)
  for (const ending of played.attempts) count(sum.attempts, ending)
  for (const [kind, n] of Object.entries(played.struck)) count(sum.struck, kind, n)
  sum.calls += played.calls
  if (played.wrong.length > 0) sum.violations.push({ seed: played.seed, wrong: played.wrong })
}
