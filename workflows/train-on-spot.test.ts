import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import type { FineTuneInputRaw, RunRecord } from '../contracts/index.js'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import type { Fate } from '../tests/drills/simulation/cloud.js'
import { outcome, Stage } from '../tests/drills/simulation/stage.js'
import { SIMULATED_PACE, type World } from '../tests/drills/simulation/world.js'

// Seconds on an idle machine; on a busy one minutes.
jest.setTimeout(300_000)
const GOOD: Fate = { bootSeconds: 5, secondsPerStep: 10 }
let bench: Bench
let stage: Stage

beforeAll(async () => {
  bench = await Bench.start('skipping')
}, BENCH_START_MS)
afterAll(() => bench.stop())
afterEach(async () => {
  expect(await stage.left()).toEqual([])
})

/** Runs to the end with these fates of the launched instances; answers the page's record. */
async function run(fates: Fate[], input: FineTuneInputRaw = {}, prepare: (world: World) => void = () => undefined): Promise<RunRecord> {
  stage = await Stage.open(bench, (world) => {
    world.cloud.fates = fates
    prepare(world)
  })
  stage.approveAll()
  const handle = await stage.start(input)
  await handle.result().catch(() => undefined)
  expect(stage.world.commits).toHaveLength(1)
  return stage.world.commits[0]!
}
const endings = (record: RunRecord): string[] => record.attempts.map((attempt) => attempt.ending)

test('an interruption goes on from the checkpoint on another type or zone', async () => {
  const record = await run([{ ...GOOD, interruptedAfter: 100 }, GOOD])
  expect(record.ending).toBe('promoted')
  expect(endings(record)).toEqual(['interrupted', 'done'])
  const [first, second] = record.attempts
  expect(`${first!.instanceType} ${first!.zone}`).not.toBe(`${second!.instanceType} ${second!.zone}`)
})

test('silence is a lost attempt, slowness is not, and standing still is', async () => {
  expect(endings(await run([{ ...GOOD, silentAfter: 50 }, GOOD]))).toEqual(['lost', 'done'])
  expect(endings(await run([{ bootSeconds: 100, secondsPerStep: 100 }]))).toEqual(['done'])
  const stuck = await run([{ ...GOOD, stuckAfter: 60 }, GOOD])
  expect(endings(stuck)).toEqual(['lost', 'done'])
})

test('a boot that never speaks is tried elsewhere, and no more often than approved', async () => {
  const record = await run([{ ...GOOD, bootSeconds: 1e6 }], { compute: { maxAttempts: 2 } })
  expect(endings(record)).toEqual(['lost', 'lost'])
  expect(record).toMatchObject({ ending: 'failed', reason: expect.stringContaining('All 2 approved attempts are used') })
})

test("the program's own error is not retried, and its message is the reason", async () => {
  const record = await run([{ ...GOOD, programErrorAfter: 30 }])
  expect(endings(record)).toEqual(['failed'])
  expect(record).toMatchObject({ ending: 'failed', reason: 'ValueError: a bug in the program' })
})

test('no capacity costs nothing and is tried elsewhere', async () => {
  const record = await run([GOOD], {}, (world) => {
    const launch = world.cloud.launch.bind(world.cloud)
    let launches = 0
    world.cloud.launch = (spec) => (launches++ === 0 ? launch({ ...spec, instanceType: 'c9.none' }) : launch(spec))
  })
  expect(endings(record)).toEqual(['no-capacity', 'done'])
  expect(record.attempts[0]).toMatchObject({ dollars: 0, instanceId: null })
})

test('a launch that answered with a timeout after it succeeded is found, not repeated', async () => {
  const record = await run([GOOD], {}, (world) => {
    const launch = world.cloud.launch.bind(world.cloud)
    let launches = 0
    world.cloud.launch = async (spec) => {
      const instance = await launch(spec)
      if (launches++ === 0) throw new Error('socket hang up')
      return instance
    }
  })
  expect(endings(record)).toEqual(['done'])
  expect(stage.world.cloud.machines).toHaveLength(1)
})

test('at the cap the instance is asked for what it reached, and the money holds', async () => {
  const record = await run([{ bootSeconds: 5, secondsPerStep: 250 }], { budget: { maxDollars: 0.02 } })
  expect(endings(record)).toEqual(['capped'])
  expect(record.ending).toBe('promoted')
  expect(record.training!.steps).toBeLessThan(20)
  expect(record.dollars).toBeLessThanOrEqual(record.decision!.maxDollars)
  expect(stage.world.notices).toEqual([expect.stringContaining('80 %'), expect.stringContaining('promoted')])
})

test('at the cap a run whose input says so ends as budget-exhausted, and so does one whose instance no longer answers', async () => {
  const slow = { bootSeconds: 5, secondsPerStep: 250 }
  expect(await run([slow], { budget: { maxDollars: 0.02, atCap: 'end' } })).toMatchObject({ ending: 'budget-exhausted' })
  const mute = await run([slow], { budget: { maxDollars: 0.02 } }, (world) => {
    const put = world.store.put.bind(world.store)
    world.store.put = async (key, bytes) => (key.endsWith('lease.json') ? undefined : put(key, bytes))
  })
  expect(mute).toMatchObject({ ending: 'budget-exhausted', reason: expect.stringContaining('no result within its grace time') })
  expect(mute.dollars).toBeLessThanOrEqual(mute.decision!.maxDollars)
})

test('hours are a cap too', async () => {
  const record = await run([{ bootSeconds: 5, secondsPerStep: 250 }], { budget: { maxHours: 1 } })
  expect(endings(record)).toEqual(['capped'])
  expect((Date.parse(record.attempts[0]!.endedAt!) - Date.parse(record.attempts[0]!.startedAt)) / 3_600_000).toBeLessThan(1.1)
})

test('termination is tried until EC2 takes it', async () => {
  expect(endings(await run([{ ...GOOD, silentAfter: 50 }, GOOD], {}, (world) => (world.cloud.deafTerminations = 3)))).toEqual([
    'lost',
    'done',
  ])
})

test('a long training continues as new and keeps its attempts', async () => {
  stage = await Stage.open(bench, (world) => {
    world.cloud.fates = [{ bootSeconds: 5, secondsPerStep: 250 }]
    // Over three hundred looks: more events than one history takes.
    world.pace = { ...SIMULATED_PACE, restSeconds: 15 }
  })
  stage.approveAll()
  const handle = await stage.start()
  expect(await outcome(handle)).toMatchObject({ ending: 'promoted' })
  const { run } = stage.world.commits[0]!
  const child = stage.handle(`train-on-spot/${run}`)
  const { events } = await child.fetchHistory()
  expect(events![0]!.workflowExecutionStartedEventAttributes!.continuedExecutionRunId).toMatch(/./)
  const { attempts } = await child.query<{ attempts: unknown[] }>('trainingProgress')
  expect(attempts).toHaveLength(1)
})
