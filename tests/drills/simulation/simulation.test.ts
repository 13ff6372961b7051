import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Client } from '@temporalio/client'
import { Bench, BENCH_START_MS } from './bench.js'
import { play } from './play.js'
import { scheduleOf } from './schedule.js'
import { simulate } from './simulate.js'

const RUNS = 200

test(`${RUNS} schedules of faults violate no invariant, and every ending is among theirs`, async () => {
  const { violations, endings, struck } = await simulate({ seed: 1, runs: RUNS, atOnce: 12 })
  expect(violations).toEqual([])
  expect(Object.keys(endings).sort()).toEqual(['budget-exhausted', 'cancelled', 'failed', 'not-promoted', 'promoted', 'scope-deferred'])
  expect(Object.keys(struck).sort()).toEqual(['after', 'before', 'late', 'slow', 'twice'])
}, 1_800_000)

let bench: Bench | undefined
let client: Client

beforeAll(async () => {
  bench = await Bench.start('skipping')
  client = await bench.skipAlways()
}, BENCH_START_MS)
afterAll(() => bench?.stop())

test('a seed is the same schedule, the same calls and the same ending each time', async () => {
  expect(scheduleOf(6)).toEqual(scheduleOf(6))
  const first = await play(bench!, client, 6)
  const again = await Bench.start('skipping')
  try {
    expect(await play(again, await again.skipAlways(), 6)).toEqual(first)
  } finally {
    await again.stop()
  }
}, 900_000)

/** Each of these once found something; the words say what. */
test.each<[number, string]>([[6, 'bills until the instance stops, not until it is gone']])(
  'seed %i: %s',
  async (seed) => {
    expect((await play(bench!, client, seed)).wrong).toEqual([])
  },
  120_000,
)
