import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import { ensureRetraining, RETRAINING } from './retrain-schedule.js'

let bench: Bench
beforeAll(async () => {
  bench = await Bench.start('local')
}, BENCH_START_MS)
afterAll(() => bench.stop())

test('retraining is a Schedule that is off until a person turns it on, and stays as that person left it', async () => {
  await ensureRetraining(bench.client)
  const schedule = bench.client.schedule.getHandle(RETRAINING)
  expect(await schedule.describe()).toMatchObject({
    state: { paused: true },
    action: { type: 'startWorkflow', workflowType: 'retrainWhenChanged' },
    info: { numActionsTaken: 0 },
  })
  await schedule.unpause('data is being corrected')
  await ensureRetraining(bench.client)
  expect((await schedule.describe()).state.paused).toBe(false)
})
