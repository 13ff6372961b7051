import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { STAGES, TASK_QUEUE } from '../../contracts/index.js'
import { ancestors, type CollectedSpan, collector } from './collector.js'
import { inferenceStub } from './inference-stub.js'
import { exportedNames, namesAskedFor } from './metric-names.js'
import { type Observed, observedRun } from './observed-run.js'

let traces: Awaited<ReturnType<typeof collector>>
let inference: Awaited<ReturnType<typeof inferenceStub>>
let observed: Observed

beforeAll(async () => {
  traces = await collector()
  inference = await inferenceStub({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url })
  observed = await observedRun(traces.url, inference.url)
}, 1_500_000)
afterAll(async () => {
  await observed?.stop()
  await inference?.stop()
  traces?.close()
}, 120_000)

/** Waits for a span: parts send theirs within a second or two. */
async function span(is: (one: CollectedSpan) => boolean): Promise<CollectedSpan> {
  for (let i = 0; i < 300; i++) {
    const found = traces.spans.find(is)
    if (found) return found
    await sleep(200)
  }
  throw new Error(`Not among ${[...new Set(traces.spans.map((one) => `${one.service} ${one.name}`))].join(', ')}`)
}
const named = (name: string) => span((one) => one.name === name)

test('one trace leads from the start through workflow, child and activity to the inference service', async () => {
  const asked = await span(({ service, name }) => service === 'formwright-inference' && name === 'POST /v1/completions')
  await named('RunWorkflow:fineTuneExtraction')
  await named('StartWorkflow:fineTuneExtraction')
  expect(ancestors(traces.spans, asked).map(({ service, name }) => `${service} ${name}`)).toEqual([
    'formwright-worker POST /v1/completions',
    'formwright-worker RunActivity:evaluateCase',
    'formwright-worker StartActivity:evaluateCase',
    'formwright-worker RunWorkflow:evaluateVariants',
    'formwright-worker StartChildWorkflow:evaluateVariants',
    'formwright-worker RunWorkflow:fineTuneExtraction',
    'formwright-worker StartWorkflow:fineTuneExtraction',
  ])
}, 120_000)

test('the training instance is in the same trace, phase by phase', async () => {
  const [start, training] = [await named('StartWorkflow:fineTuneExtraction'), await named('instance: training')]
  expect(training.trace).toBe(start.trace)
  const path = ancestors(traces.spans, training).map(({ name }) => name)
  expect(path.slice(0, 2)).toEqual(['instance', 'RunActivity:watchAttempt'])
  for (const phase of ['booting', 'fetching', 'preparing', 'uploading', 'done']) await named(`instance: ${phase}`)
}, 120_000)

test('every line of worker and inference service has a run and a stage, and each stage of the run has lines', () => {
  const records = [...observed.lines, ...inference.lines].map(
    (line) => JSON.parse(line) as { part?: string; run?: string | null; stage?: string | null; message?: string },
  )
  expect(records.filter(({ part, run, stage, message }) => !part || run === undefined || stage === undefined || !message)).toEqual([])
  const ours = records.filter(({ run }) => run === observed.outcome.run)
  expect(new Set(ours.map(({ part }) => part))).toEqual(new Set(['worker', 'inference']))
  const stages = ours.map(({ stage }) => stage).filter((stage) => typeof stage === 'string')
  expect([...new Set(stages)].sort()).toEqual([...STAGES].sort())
})

test('every metric that an alarm or the dashboard asks of worker and inference service is exported', async () => {
  // What exists only after something went wrong: a workflow that there is not fails its task.
  await observed.client.workflow.start('noSuchWorkflow', { taskQueue: TASK_QUEUE, workflowId: 'wrong' })
  const page = async (url: string) => exportedNames(await (await fetch(url)).text())
  const missing = async (): Promise<object[]> => {
    const found = new Map([
      ['formwright-worker', await page(observed.metricsUrl)],
      ['formwright-inference', await page(`${inference.url}/metrics`)],
    ])
    return namesAskedFor().filter(({ job, name }) => found.has(job) && !found.get(job)!.has(name))
  }
  for (let i = 0; i < 300 && (await missing()).length > 0; i++) await sleep(200)
  expect(await missing()).toEqual([])
  await observed.client.workflow.getHandle('wrong').terminate('seen')
}, 120_000)
