import pLimit from 'p-limit'
import { Bench } from './bench.js'
import { play, type Played } from './play.js'

/** What a campaign of schedules came to. */
export interface Simulation {
  seed: number
  runs: number
  atOnce: number
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

/** Seeds on one server: its memory grows with the workflows that it has seen, and after 130 of them its clock has been seen to stop skipping. */
export const SEEDS_PER_SERVER = 50

/** Plays seeds on one server, several beside each other; calls `each` with every one. */
export async function simulate(
  { seed, runs, atOnce }: { seed: number; runs: number; atOnce: number },
  each: (played: Played) => void = () => undefined,
): Promise<Simulation> {
  const began = { at: Date.now(), cpu: process.cpuUsage() }
  const sum: Simulation = { seed, runs, atOnce, seconds: 0, cpuSeconds: 0, endings: {}, attempts: {}, calls: 0, struck: {}, violations: [] }
  const bench = await Bench.start('skipping')
  try {
    const client = await bench.skipAlways()
    const limit = pLimit(atOnce)
    const one = async (_: unknown, i: number): Promise<void> => {
      const played = await play(bench, client, seed + i)
      add(sum, played)
      each(played)
    }
    await Promise.all(Array.from({ length: runs }, (_, i) => limit(one, _, i)))
  } finally {
    await bench.stop()
  }
  const { user, system } = process.cpuUsage(began.cpu)
  return { ...sum, seconds: Math.round((Date.now() - began.at) / 1000), cpuSeconds: Math.round((user + system) / 1e6) }
}

/** The sum of simulations whose seeds follow each other. */
export function together(parts: Simulation[]): Simulation {
  const [first, ...rest] = parts as [Simulation, ...Simulation[]]
  const sum: Simulation = structuredClone(first)
  for (const part of rest) {
    for (const kind of ['endings', 'attempts', 'struck'] as const)
      for (const [key, n] of Object.entries(part[kind])) count(sum[kind], key, n)
    for (const key of ['runs', 'seconds', 'cpuSeconds', 'calls'] as const) sum[key] += part[key]
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
