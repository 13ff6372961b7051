import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { defineSearchAttributeKey } from '@temporalio/common'
import { TAGS, type SweepInputRaw, workflowIdOf } from '../contracts/index.js'
import type { QuoteNotice } from '../activities/types.js'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import type { Fate } from '../tests/drills/simulation/cloud.js'
import { failure, outcome, progressOf, Stage } from '../tests/drills/simulation/stage.js'
import { REAL_TIME_PACE } from '../tests/drills/simulation/world.js'

/** On the real server: trainings side by side, by the clock. */
let bench: Bench
let stage: Stage
let quotes: QuoteNotice[]

/** By looks of their watchers, a second each, so that no load of the machine skips one: four steps a look. */
const FAST: Fate = { bootSeconds: 0, secondsPerStep: 0.25 }
const SLOW: Fate = { bootSeconds: 0, secondsPerStep: 600 }
const PATIENT_MS = 300_000
const LIVE = 'a'.repeat(64)
/** The flat one is far behind by its loss, and never comes to its end. */
const FATES: Record<string, Fate> = { steep: FAST, flat: { bootSeconds: 0, secondsPerStep: 0.5, stuckAfter: 3, lossFactor: 3 }, wide: FAST }
const RECALL: Record<string, number> = { steep: 0.81, flat: 0.9, wide: 0.84 }

const of = <T>(table: Record<string, T>, run: string): T | undefined =>
  Object.entries(table).find(([name]) => run.includes(`-${name}-`))?.[1]
const sweep = (...names: string[]): SweepInputRaw => ({
  preset: 'tiny',
  configurations: names.map((name, i) => ({ name, hyperparameters: { learningRate: 1e-4 * (i + 1) } })),
  budget: { maxDollars: 1 },
})

beforeAll(async () => {
  bench = await Bench.start('local')
}, BENCH_START_MS)
afterAll(() => bench.stop())
beforeEach(async () => {
  stage = await Stage.open(bench, (world) => {
    world.pace = REAL_TIME_PACE
    world.cloud.secondsPerLook = 1
    world.cloud.fateOf = (run) => of(FATES, run)
    world.recallOf = (run) => of(RECALL, run)
  })
  quotes = []
  approve()
})
afterEach(async () => {
  expect(await stage.left()).toEqual([])
})

function approve(maxDollars?: number): void {
  stage.world.onQuote = async (notice) => {
    quotes.push(notice)
    await stage.handleOf(notice).signal('approveSpend', { quoteDigest: notice.quote.digest, approver: 'ann', maxDollars })
  }
}

test(
  'one decision pays for all; the loser is stopped early, the best of the others is promoted, and there is one page',
  async () => {
    approve(0.2)
    const handle = await stage.startSweep({ ...sweep('steep', 'flat', 'wide'), earlyStop: { afterShare: 0.1 } })
    const ended = await outcome(handle)
    expect(ended).toMatchObject({ ending: 'promoted', candidate: ended.live, reason: expect.stringContaining('wide is the best of 3') })
    expect(quotes).toHaveLength(1)
    expect(quotes[0]!.quote.plan.configurations!.map((one) => one.name)).toEqual(['steep', 'flat', 'wide'])
    const { world } = stage
    expect(world.commits).toEqual([])
    expect(world.sweeps).toHaveLength(1)
    const [page] = world.sweeps
    expect(page!.configurations.map((one) => [one.name, one.ending])).toEqual([
      ['steep', 'evaluated'],
      ['flat', 'stopped-early'],
      ['wide', 'evaluated'],
    ])
    expect(page).toMatchObject({ winner: 'wide', decision: { approver: 'ann', maxDollars: 0.2 } })
    const [, flat] = page!.configurations
    expect(flat!.stopped!.loss).toBeGreaterThan(flat!.stopped!.best)
    expect(flat!).toMatchObject({ training: null, evaluation: null, attempts: [{ ending: 'cancelled' }] })
    expect(flat!.dollars).toBeGreaterThan(0)
    expect(page!.dollars).toBeCloseTo(
      page!.configurations.reduce((sum, one) => sum + one.dollars, 0),
      9,
    )
    expect(page!.dollars).toBeLessThanOrEqual(0.2)
    expect([...world.inference.loaded]).toEqual([ended.live])
  },
  PATIENT_MS,
)

test(
  'what it shows of itself: typed search attributes, details with every configuration, one run per adapter',
  async () => {
    FATES.steep = SLOW
    try {
      const adapter = stage.nextAdapter()
      const handle = await stage.startSweep({ ...sweep('steep', 'wide'), adapter })
      for (;;) {
        const now = await progressOf(handle).catch(() => null)
        if (now?.configurations?.some((one) => one.name === 'wide' && one.state !== 'training' && one.state !== 'not-started')) break
        await sleep(50)
      }
      const { typedSearchAttributes: attributes } = await handle.describe()
      expect(attributes.get(defineSearchAttributeKey('FormwrightAdapter', 'KEYWORD'))).toBe(adapter)
      expect(attributes.get(defineSearchAttributeKey('FormwrightStage', 'KEYWORD'))).toBe('training')
      const { currentDetails } = await handle.query<{ currentDetails: string }, []>('__temporal_workflow_metadata')
      expect(currentDetails).toMatch(/Waits for:\*\* 2 trainings, 2 at a time[\s\S]*\| steep \| training \|[\s\S]*\| wide \|/)
      const second = await stage.start({ adapter }, `other-${adapter}`)
      expect(String((await failure(second)).cause)).toContain(`Adapter ${adapter} already has a run: workflow ${workflowIdOf(adapter)}`)
      await handle.cancel()
      expect(String((await failure(handle)).cause)).toContain('Cancelled')
      expect(stage.world.sweeps).toMatchObject([
        {
          ending: 'cancelled',
          configurations: [{ name: 'steep', ending: 'cancelled', attempts: [{ ending: 'cancelled' }] }, { name: 'wide' }],
        },
      ])
    } finally {
      FATES.steep = FAST
    }
  },
  PATIENT_MS,
)

test(
  'trainings one after the other share what is left, and no launch goes beyond the decision',
  async () => {
    approve(0.05)
    await outcome(await stage.startSweep({ ...sweep('steep', 'wide'), atOnce: 1 }))
    const [first, second] = stage.world.sweeps[0]!.configurations
    expect(first!.maxDollars).toBeCloseTo(0.025, 5)
    expect(second!.maxDollars).toBeCloseTo(0.05 - first!.dollars, 5)
    const workflows = stage.world.cloud.machines.map((machine) => machine.tags[TAGS.workflow])
    expect(new Set(workflows)).toEqual(new Set([quotes[0]!.workflowId]))
  },
  PATIENT_MS,
)

test(
  'a rejected sweep, and one whose best is below the gates, leave what was live and a page each',
  async () => {
    stage.world.onQuote = (notice) =>
      stage.handleOf(notice).signal('rejectSpend', { quoteDigest: notice.quote.digest, approver: 'bob', reason: 'too many' })
    expect(await outcome(await stage.startSweep(sweep('steep', 'wide')))).toMatchObject({
      ending: 'scope-deferred',
      reason: 'Rejected by bob: too many',
      dollars: 0,
    })
    expect(stage.world.cloud.machines).toEqual([])
    approve()
    const adapter = stage.nextAdapter()
    await stage.world.inference.setAlias(adapter, LIVE)
    const kept = await outcome(await stage.startSweep({ ...sweep('steep', 'wide'), adapter, gates: { minRecall: 0.95 } }))
    expect(kept).toMatchObject({ ending: 'not-promoted', live: LIVE, reason: expect.stringContaining('recall is 0.84') })
    expect(stage.world.inference.loaded.size).toBe(0)
    expect(stage.world.sweeps.map((page) => [page.ending, page.winner])).toEqual([
      ['scope-deferred', null],
      ['not-promoted', 'wide'],
    ])
  },
  PATIENT_MS,
)

test(
  'a configuration whose program fails does not end the sweep; when all fail, it fails and says why',
  async () => {
    FATES.wide = { ...FAST, programErrorAfter: 2 }
    try {
      expect(await outcome(await stage.startSweep(sweep('steep', 'wide')))).toMatchObject({ ending: 'promoted' })
      expect(stage.world.sweeps[0]!.configurations.map((one) => one.ending)).toEqual(['evaluated', 'failed'])
      const error = await failure(await stage.startSweep(sweep('wide', 'wide-2')))
      expect(String(error.cause)).toMatch(/No configuration was trained.*wide: ValueError/s)
    } finally {
      FATES.wide = FAST
    }
  },
  PATIENT_MS,
)

test(
  'wrong input names the field, and a sweep under another id is mirrored',
  async () => {
    const wrong = await bench.client.workflow.start('sweepFineTune', {
      workflowId: 'wrong-sweep',
      taskQueue: 'formwright',
      args: [{ configurations: [{ name: 'One' }] }],
    })
    expect(String((await failure(wrong)).cause)).toMatch(/configurations\.0\.name.*configurations/s)
    const adapter = stage.nextAdapter()
    expect(await outcome(await stage.startSweep({ ...sweep('steep', 'wide'), adapter }, `mirror-${adapter}`))).toMatchObject({
      ending: 'promoted',
    })
    expect(quotes.map((notice) => notice.workflowId)).toEqual([workflowIdOf(adapter)])
  },
  PATIENT_MS,
)
