import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import type { WorkflowHandle } from '@temporalio/client'
import { TASK_QUEUE } from '../contracts/index.js'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import { failure, progressOf, Stage } from '../tests/drills/simulation/stage.js'
import { REAL_TIME_PACE } from '../tests/drills/simulation/world.js'
import { ensureReconciler, RECONCILER } from '../workers/schedule.js'

/**
 * On the real server: the time-skipping one does not tell a parent that its child was terminated, forgets an activity
 * that fails after it was asked to stop, and has no Schedules.
 */
// Seconds on an idle machine; on a busy one a minute each.
jest.setTimeout(240_000)
let bench: Bench
let stage: Stage

beforeAll(async () => {
  bench = await Bench.start('local')
}, BENCH_START_MS)
afterAll(() => bench.stop())
beforeEach(async () => {
  stage = await Stage.open(bench, (world) => {
    world.pace = REAL_TIME_PACE
    world.cloud.fates = [{ bootSeconds: 0.1, secondsPerStep: 600 }]
  })
  stage.approveAll()
})
afterEach(async () => {
  expect(await stage.left()).toEqual([])
})

/** A run whose training is under way. */
async function training(): Promise<{ run: WorkflowHandle; child: WorkflowHandle }> {
  const run = await stage.start()
  for (;;) {
    const progress = await progressOf(run).catch(() => null)
    if (progress?.attempts[0]?.instanceId) return { run, child: stage.handle(`train-on-spot/${progress.run}`) }
    await sleep(50)
  }
}

async function closed(handle: WorkflowHandle): Promise<string> {
  for (;;) {
    const { status } = await handle.describe()
    if (status.name !== 'RUNNING') return status.name
    await sleep(50)
  }
}

test('a training that is terminated by hand leaves nothing, and its run says so on its page', async () => {
  const { run, child } = await training()
  await child.terminate('by hand')
  expect(String((await failure(run)).cause)).toMatch(/\bterminated\b/i)
  expect(stage.world.commits).toMatchObject([{ ending: 'failed' }])
})

test('a run that is terminated by hand takes its training along', async () => {
  const { run, child } = await training()
  await run.terminate('by hand')
  expect(await closed(child)).toBe('CANCELLED')
})

test('a run and a training that are both terminated by hand leave their instance to the reconciler, which records why', async () => {
  const { run, child } = await training()
  const { run: name } = await progressOf(run)
  await Promise.all([run.terminate('by hand'), child.terminate('by hand')])
  stage.world.runs = { state: async () => 'over' }
  await bench.play(stage.world.activities())
  const ended = await bench.client.workflow.execute('reconcileInstances', { workflowId: `reconcile-${name}`, taskQueue: TASK_QUEUE })
  expect(ended).toMatchObject([{ run: name, reason: 'its run is over' }])
  expect(stage.world.store.json(`audit/reconciler/${ended[0].instanceId}.json`)).toMatchObject({ run: name, reason: 'its run is over' })
  await sleep(2_500)
})

test('the reconciler leaves an instance whose run is open alone', async () => {
  const { run } = await training()
  expect(await bench.client.workflow.execute('reconcileInstances', { workflowId: 'reconcile-open', taskQueue: TASK_QUEUE })).toEqual([])
  await run.cancel()
  await failure(run)
  expect(stage.world.commits).toMatchObject([{ ending: 'cancelled' }])
})

test('a run that is cancelled while its launch fails says cancelled, and leaves nothing', async () => {
  let launches = 0
  stage.world.cloud.launch = async () => {
    launches++
    throw new Error('EC2 503: Unavailable')
  }
  const run = await stage.start({ compute: { maxAttempts: 1 } })
  while (launches === 0) await sleep(20)
  await run.cancel()
  expect(String((await failure(run)).cause)).toContain('Cancelled')
  expect(stage.world.commits).toMatchObject([{ ending: 'cancelled', dollars: 0 }])
})

test('the reconciler has one Schedule however often a worker starts, and it starts the reconciler', async () => {
  await ensureReconciler(bench.client, 300)
  await ensureReconciler(bench.client, 60)
  const schedule = bench.client.schedule.getHandle(RECONCILER)
  expect((await schedule.describe()).spec.intervals).toMatchObject([{ every: 300_000 }])
  await schedule.trigger()
  for (;;) {
    const [action] = (await schedule.describe()).info.recentActions
    if (action?.action.type !== 'startWorkflow') await sleep(100)
    else {
      const { workflowId, firstExecutionRunId } = action.action.workflow
      expect(await bench.client.workflow.getHandle(workflowId, firstExecutionRunId).result()).toEqual([])
      break
    }
  }
  await schedule.delete()
})
