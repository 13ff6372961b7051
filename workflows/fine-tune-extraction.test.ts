import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { TASK_QUEUE, workflowIdOf } from '../contracts/index.js'
import { proofOf } from '../contracts/proof.js'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import { failure, outcome, progressOf, Stage } from '../tests/drills/simulation/stage.js'
import { DECISION_KEY, type World } from '../tests/drills/simulation/world.js'

// Seconds on an idle machine; on a busy one minutes.
jest.setTimeout(300_000)
let bench: Bench
let stage: Stage
let world: World

beforeAll(async () => {
  bench = await Bench.start('skipping')
}, BENCH_START_MS)
afterAll(() => bench.stop())
beforeEach(async () => {
  stage = await Stage.open(bench)
  world = stage.world
})
afterEach(async () => {
  expect(await stage.left()).toEqual([])
})

test('an approved run ends promoted, with its alias moved and one page', async () => {
  stage.approveAll()
  const ended = await outcome(await stage.start())
  expect(ended).toMatchObject({ ending: 'promoted', candidate: ended.live })
  expect(world.commits).toHaveLength(1)
  expect(world.commits[0]).toMatchObject({
    ending: 'promoted',
    decision: { approver: 'ann', channel: 'web-ui', assurance: 'claimed' },
    attempts: [{ ending: 'done' }],
  })
})

test('a candidate below the gates leaves the old adapter live', async () => {
  stage.approveAll()
  world.recall = 0.3
  const adapter = stage.nextAdapter()
  await world.inference.setAlias(adapter, 'a'.repeat(64))
  expect(await outcome(await stage.start({ preset: 'tiny', adapter }))).toMatchObject({
    ending: 'not-promoted',
    live: 'a'.repeat(64),
    reason: expect.stringContaining('recall is 0.3'),
  })
  expect(world.inference.loaded.size).toBe(0)
})

test('wrong input fails the run at once and names the field', async () => {
  const handle = await bench.client.workflow.start('fineTuneExtraction', {
    workflowId: 'wrong',
    taskQueue: TASK_QUEUE,
    args: [{ budget: { maxDollars: -1 }, presets: 'tiny' }],
  })
  const error = await failure(handle)
  expect(String(error.cause)).toMatch(/budget\.maxDollars.*presets/s)
  expect(world.commits).toEqual([])
})

test('rejection, expiry, too high a price and too small a dataset defer the scope, and each leaves a page', async () => {
  world.onQuote = (notice) =>
    stage.handleOf(notice).signal('rejectSpend', { quoteDigest: notice.quote.digest, approver: 'bob', reason: 'not this week' })
  expect(await outcome(await stage.start())).toMatchObject({
    ending: 'scope-deferred',
    reason: 'Rejected by bob: not this week',
    dollars: 0,
  })
  world.onQuote = async () => undefined
  expect(await outcome(await stage.start())).toMatchObject({ ending: 'scope-deferred', reason: expect.stringContaining('expired') })
  expect(await outcome(await stage.start({ budget: { maxDollars: 0.0001 } }))).toMatchObject({
    ending: 'scope-deferred',
    reason: expect.stringContaining('Too dear'),
  })
  expect(await outcome(await stage.start({ gates: { minTrainingPairs: 51 } }))).toMatchObject({
    ending: 'scope-deferred',
    reason: expect.stringContaining('50 training pairs, expected at least 51'),
  })
  expect(world.commits.map((commit) => [commit.ending, commit.quote === null])).toEqual([
    ['scope-deferred', false],
    ['scope-deferred', false],
    ['scope-deferred', false],
    ['scope-deferred', true],
  ])
  expect(world.cloud.machines).toEqual([])
})

test('decideSpend refuses what is not exactly the open quote, with a reason for the caller', async () => {
  const refusals: string[] = []
  world.onQuote = async (notice) => {
    const decide = (more: object): Promise<unknown> =>
      stage.handleOf(notice).executeUpdate('decideSpend', {
        args: [{ quoteDigest: notice.quote.digest, approve: true, approver: 'ann', ...more }],
      })
    const refused = (more: object): Promise<void> =>
      decide(more).then(
        () => Promise.reject(new Error('expected a refusal')),
        (error: WorkflowUpdateFailedError) => void refusals.push(String(error.cause?.message)),
      )
    await refused({ quoteDigest: 'b'.repeat(64) })
    await refused({ planDigest: 'b'.repeat(64) })
    await refused({ maxDollars: notice.quote.maxDollars + 1 })
    await refused({ maxDollars: 0 })
    await refused({ approver: 'mallory' })
    await refused({ approve: undefined })
    await decide({ maxDollars: 0.1 })
    await refused({ approve: false })
  }
  const handle = await stage.start({ approval: { approvers: ['ann'] } })
  expect(await outcome(handle)).toMatchObject({ ending: 'promoted' })
  expect(refusals).toEqual([
    expect.stringContaining('quoteDigest: expected'),
    expect.stringContaining('planDigest: expected'),
    expect.stringContaining('expected at most'),
    expect.stringContaining('buys no training'),
    "approver: mallory is not on this run's list",
    'approve: expected true or false',
    expect.stringContaining('Already approved by ann'),
  ])
  expect(world.commits[0]!.decision).toMatchObject({ maxDollars: 0.1 })
})

test('an invalid signal is recorded and shown, an early one is kept and judged, and the first valid decision wins', async () => {
  world.onQuote = async (notice) => {
    const handle = stage.handleOf(notice)
    await handle.signal('approveSpend', 'yes please')
    await handle.signal('approveSpend', { quoteDigest: notice.quote.digest, approver: 'ann', approve: false })
    await handle.signal('rejectSpend', { quoteDigest: notice.quote.digest, approver: 'bob' })
    await handle.signal('approveSpend', { quoteDigest: notice.quote.digest, approver: 'ann' })
  }
  const handle = await stage.start()
  await handle.signal('approveSpend', { quoteDigest: 'c'.repeat(64), approver: 'early' })
  expect(await outcome(handle)).toMatchObject({ ending: 'scope-deferred', reason: 'Rejected by bob' })
  const { refusedDecisions } = await progressOf(handle)
  expect(refusedDecisions.map((refused) => refused.reason)).toEqual([
    expect.stringContaining('the open quote; got cccc'),
    expect.stringContaining('Not a decision'),
    expect.stringContaining('Not a decision: approve'),
    expect.stringContaining('Already rejected by bob'),
  ])
})

test('a run that demands verified decisions takes one with a valid proof only', async () => {
  world.onQuote = async (notice) => {
    const decision = { quoteDigest: notice.quote.digest, approve: true, approver: 'ann', channel: 'gateway' as const }
    const decide = (more: object): Promise<unknown> =>
      stage.handleOf(notice).executeUpdate('decideSpend', { args: [{ ...decision, ...more }] })
    await expect(decide({})).rejects.toThrow(WorkflowUpdateFailedError)
    await expect(decide({ proof: proofOf(decision, 'another key') })).rejects.toThrow(WorkflowUpdateFailedError)
    await decide({ proof: proofOf(decision, DECISION_KEY) })
  }
  expect(await outcome(await stage.start({ approval: { assurance: 'verified' } }))).toMatchObject({ ending: 'promoted' })
  expect(world.commits[0]!.decision).toMatchObject({ assurance: 'verified', channel: 'gateway' })
})

test('a price that rose after the approval asks again with a new quote', async () => {
  const asked: string[] = []
  world.onQuote = async (notice) => {
    asked.push(notice.quote.digest)
    if (asked.length === 1) world.cloud.prices = world.cloud.prices.map((price) => ({ ...price, dollarsPerHour: price.dollarsPerHour * 2 }))
    await stage.handleOf(notice).signal('approveSpend', { quoteDigest: notice.quote.digest, approver: 'ann' })
  }
  expect(await outcome(await stage.start())).toMatchObject({ ending: 'promoted' })
  expect(new Set(asked).size).toBe(2)
  expect(world.commits[0]!.attempts[0]!.dollarsPerHour).toBeCloseTo(0.072)
})

test('a price that rises over the budget after the approval defers the scope, with a page that says so', async () => {
  world.onQuote = async (notice) => {
    world.cloud.prices = world.cloud.prices.map((price) => ({ ...price, dollarsPerHour: price.dollarsPerHour * 1000 }))
    await stage.handleOf(notice).signal('approveSpend', { quoteDigest: notice.quote.digest, approver: 'ann' })
  }
  const ended = await outcome(await stage.start({ budget: { maxDollars: 1 } }))
  expect(ended).toMatchObject({ ending: 'scope-deferred', reason: expect.stringContaining('Too dear'), dollars: 0 })
  expect(world.commits).toMatchObject([{ ending: 'scope-deferred', quote: { expectedDollars: expect.any(Number) }, attempts: [] }])
  expect(world.commits[0]!.quote!.expectedDollars).toBeGreaterThan(1)
})

test('a run under another id is refused while the adapter has one, and is mirrored when it has none', async () => {
  const adapter = stage.nextAdapter()
  world.onQuote = async (notice) => {
    const second = await stage.start({ adapter }, `another-${adapter}`)
    while ((await second.describe()).status.name === 'RUNNING') await sleep(50)
    await stage.handle(`mirror-${adapter}`).signal('approveSpend', { quoteDigest: notice.quote.digest, approver: 'ann' })
  }
  expect(await outcome(await stage.start({ adapter }, `mirror-${adapter}`))).toMatchObject({ ending: 'promoted' })
  expect(String((await failure(stage.handle(`another-${adapter}`))).cause)).toContain(
    `Adapter ${adapter} already has a run: workflow ${workflowIdOf(adapter)}`,
  )
  expect(await progressOf(stage.handle(`mirror-${adapter}`))).toMatchObject({ adapter, ending: 'promoted' })
})

test('a cancelled run leaves no instance and no candidate, and commits its page', async () => {
  stage.approveAll()
  const handle = await stage.start()
  const launch = world.cloud.launch.bind(world.cloud)
  world.cloud.launch = async (spec) => {
    const instance = await launch(spec)
    await handle.cancel()
    return instance
  }
  expect(String((await failure(handle)).cause)).toContain('Cancelled')
  expect(world.commits).toMatchObject([{ ending: 'cancelled', attempts: [{ ending: 'cancelled' }] }])
  expect(world.cloud.machines).toHaveLength(1)
})
