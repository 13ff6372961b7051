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

test.each([
  ['a refusal uncounted: nonsense sent at each of two quotes', 1183],
  ['an instance left: a launch that EC2 carried out after another try of it had found no capacity', 1904],
  ['a candidate left loaded: the load came after the order to unload', 6962],
  ['a decision dropped unseen: one with a proof, after the run was cancelled', 3511],
])(
  'a seed that once violated an invariant holds: %s',
  async (_, seed) => {
    expect((await simulate({ seed, runs: 1, atOnce: 1 })).violations).toEqual([])
  },
  900_000,
)

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
