import { expect, test } from '@jest/globals'
import { Client } from '@temporalio/client'
import { Bench } from './bench.js'
import { play, type Played } from './play.js'
import { scheduleOf } from './schedule.js'
import { SEEDS_PER_SERVER, simulate, type Simulation, together } from './simulate.js'

/** `npm run simulate` plays more. */
const RUNS = 200

test(`${RUNS} schedules of faults violate no invariant`, async () => {
  const parts: Simulation[] = []
  for (let seed = 1; seed <= RUNS; seed += SEEDS_PER_SERVER) parts.push(await simulate({ seed, runs: SEEDS_PER_SERVER, atOnce: 6 }))
  const { violations, endings, struck } = together(parts)
  expect(violations).toEqual([])
  expect(Object.keys(endings)).toEqual(expect.arrayContaining(['cancelled', 'failed', 'not-promoted', 'promoted', 'scope-deferred']))
  expect(Object.keys(struck).sort()).toEqual(['after', 'before', 'late', 'slow', 'twice'])
}, 1_800_000)

async function alone(seed: number): Promise<Played> {
  const bench = await Bench.start('skipping')
  try {
    return await play(bench, await bench.skipAlways(), seed)
  } finally {
    await bench.stop()
  }
}

test('a seed is the same schedule, the same calls and the same ending each time', async () => {
  expect(scheduleOf(6)).toEqual(scheduleOf(6))
  expect(await alone(6)).toEqual(await alone(6))
}, 900_000)

test('a seed that violated an invariant once: nonsense sent at each of two quotes, and not one refusal uncounted', async () => {
  expect(await alone(1183)).toMatchObject({ wrong: [] })
}, 900_000)

test('a seed that left an instance once: a launch that EC2 carries out after another try of it found no capacity', async () => {
  expect(await alone(1904)).toMatchObject({ wrong: [] })
}, 900_000)

test('a seed that left a candidate loaded once: the load came after the order to unload', async () => {
  expect(await alone(6962)).toMatchObject({ wrong: [] })
}, 900_000)

test('a seed that dropped a decision unseen once: one with a proof, after the run was cancelled', async () => {
  expect(await alone(3511)).toMatchObject({ wrong: [] })
}, 900_000)

test('a run on a clock that stands still is given up, and its server closes', async () => {
  const bench = await Bench.start('skipping')
  const client = new Client({ connection: bench.env.connection })
  const giveUp = new AbortController()
  try {
    const played = play(bench, client, 3, giveUp.signal)
    setTimeout(() => giveUp.abort(), 5_000)
    expect(await played).toMatchObject({ ended: 'hung', wrong: ['hung'] })
  } finally {
    await bench.stop()
  }
}, 900_000)
