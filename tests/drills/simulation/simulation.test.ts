import { expect, test } from '@jest/globals'
import { Bench } from './bench.js'
import { play, type Played } from './play.js'
import { scheduleOf } from './schedule.js'
import { simulate } from './simulate.js'

/** As many as fit into CI; `npm run simulate` plays more. */
const RUNS = 30

test(`${RUNS} schedules of faults violate no invariant`, async () => {
  const { violations, endings, struck } = await simulate({ seed: 1, runs: RUNS, atOnce: 12 })
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
