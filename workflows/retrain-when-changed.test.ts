import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Context } from '@temporalio/activity'
import { Worker } from '@temporalio/worker'
import { canonicalJson, digestOf } from '../activities/ports/digests.js'
import { createRetrainActivities } from '../activities/retrain.js'
import { type AdapterManifest, PROMPT_VERSION, workflowIdOf } from '../contracts/index.js'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import { MemoryStore } from '../tests/drills/simulation/memory-store.js'
import { SimulatedInference } from '../tests/drills/simulation/world.js'
import { workflowBundle } from '../workers/build-bundle.js'

let bench: Bench
beforeAll(async () => {
  bench = await Bench.start('skipping')
}, BENCH_START_MS)
afterAll(() => bench.stop())

test('a run is started when the dataset is another than what is live was trained on, and only then', async () => {
  const [store, inference, live] = [new MemoryStore(), new SimulatedInference(), digestOf('live')]
  const manifest: AdapterManifest = {
    format: 'peft',
    base: { name: 'Small', digest: digestOf('base') },
    promptVersion: PROMPT_VERSION,
    dataset: digestOf('first'),
    rank: 8,
    files: [],
  }
  store.objects.set(`adapters/${live}/manifest.json`, Buffer.from(canonicalJson(manifest)))
  await inference.setAlias('lora-v1', live)
  let now = 'first'
  const curateDataset = async () => ({
    digest: digestOf(now),
    uri: 's3://formwright/datasets/x/',
    pairs: 50,
    families: 10,
    windows: 1,
    epochTokens: 1,
  })
  // The run that is started stays open until the worker ends.
  const prepareRun = (): Promise<never> => Context.current().cancelled
  const activities = { curateDataset, prepareRun, ...createRetrainActivities({ inference, store }) }
  const worker = await Worker.create({
    connection: bench.env.nativeConnection,
    taskQueue: 'retraining',
    workflowBundle: await workflowBundle(),
    activities,
  })
  const look = (id: string): Promise<unknown> =>
    bench.client.workflow.execute('retrainWhenChanged', { workflowId: id, taskQueue: 'retraining', args: [{}] })
  const run = bench.client.workflow.getHandle(workflowIdOf('lora-v1'))
  await worker.runUntil(async () => {
    expect(await look('same')).toMatchObject({ started: false, reason: expect.stringContaining('already') })
    await expect(run.describe()).rejects.toThrow()
    now = 'second'
    expect(await look('changed')).toMatchObject({ started: true })
    expect((await run.describe()).status.name).toBe('RUNNING')
    expect(await look('open')).toEqual({ started: false, reason: 'lora-v1 has a run already' })
    await run.terminate()
  })
}, 120_000)
