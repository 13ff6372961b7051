import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import { STAGES, TASK_QUEUE } from '../../contracts/index.js'
import { followRun } from '../../scripts/fine-tune-extraction.js'
import { type Throwaway, throwawayPlatform } from '../end-to-end/throwaway.js'
import { ancestors, collector } from './collector.js'
import { exportedNames, namesAskedFor } from './metric-names.js'

let setting: Throwaway
let traces: Awaited<ReturnType<typeof collector>>
let run: string

beforeAll(async () => {
  traces = await collector()
  setting = await throwawayPlatform(() => ({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url }))
  const ended = await followRun({
    env: setting.platform.env,
    input: { preset: 'tiny' },
    yes: true,
    signal: AbortSignal.timeout(540_000),
    write: () => undefined,
  })
  run = ended.run
}, 600_000)
afterAll(async () => {
  await setting?.close()
  traces?.close()
}, 120_000)

/** The first span of this service and name; parts send theirs within a second or two. */
async function span(service: string, name: string) {
  for (let i = 0; i < 150; i++) {
    const found = traces.spans.find((one) => one.service === service && one.name === name)
    if (found) return found
    await sleep(200)
  }
  throw new Error(`No span ${name} of ${service} among ${[...new Set(traces.spans.map((one) => `${one.service} ${one.name}`))].join(', ')}`)
}

test('one trace leads from the start through workflow, activity and request to the inference service', async () => {
  const asked = await span('formwright-inference', 'POST /v1/completions')
  await span('formwright-worker', 'RunWorkflow:fineTuneExtraction')
  const path = ancestors(traces.spans, asked).map(({ service, name }) => `${service} ${name}`)
  expect(path.filter((name) => !name.includes('child'))).toEqual([
    'formwright-worker POST /v1/completions',
    'formwright-worker RunActivity:evaluateCase',
    'formwright-worker StartActivity:evaluateCase',
    'formwright-worker RunWorkflow:evaluateVariants',
    'formwright-worker StartChildWorkflow:evaluateVariants',
    'formwright-worker RunWorkflow:fineTuneExtraction',
    'formwright-cli StartWorkflow:fineTuneExtraction',
  ])
}, 60_000)

test('the training instance is in the same trace, phase by phase', async () => {
  const [start, training] = [
    await span('formwright-cli', 'StartWorkflow:fineTuneExtraction'),
    await span('formwright-worker', 'instance: training'),
  ]
  expect(training.trace).toBe(start.trace)
  expect(ancestors(traces.spans, training)[0]).toMatchObject({ name: 'instance' })
  for (const phase of ['booting', 'fetching', 'preparing', 'uploading', 'done']) await span('formwright-worker', `instance: ${phase}`)
}, 60_000)

test('every line of worker, inference service and instance is JSON with run and stage, and each stage of the run has lines', async () => {
  const { layout } = setting.platform
  const [instance] = await setting.platform.ec2.instances()
  const logs = ['worker.log', 'inference.log'].map((name) => join(layout.logs, name))
  const console = join(layout.state, 'ec2', 'instances', instance!.id, 'console.log')
  const stages = new Set<string>()
  for (const path of [...logs, console]) {
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    const records = lines.map((line) => JSON.parse(line) as { run?: string | null; stage?: string | null; message?: string })
    expect(records.filter((one) => one.run === undefined || one.stage === undefined || !one.message)).toEqual([])
    const ours = records.filter((one) => one.run === run)
    expect({ path, lines: ours.length }).not.toMatchObject({ lines: 0 })
    for (const { stage } of ours) if (stage) stages.add(stage)
  }
  expect([...stages].sort()).toEqual([...STAGES].sort())
})

test('every metric that an alarm or the dashboard asks of worker and inference service is exported', async () => {
  const { env, ports } = { env: setting.platform.env, ports: JSON.parse(await readFile(setting.platform.layout.ports, 'utf8')) }
  const page = async (url: string, headers = {}): Promise<string> => (await fetch(url, { headers })).text()
  // What exists only after something went wrong: a workflow that there is not fails its task, an EC2 that is away the reconciler.
  await setting.platform.ec2.order({ action: 'DescribeInstances', code: 'InternalError', status: 500, times: 50 })
  const connection = await Connection.connect({ address: env.FORMWRIGHT_TEMPORAL_ADDRESS! })
  await new Client({ connection }).workflow.start('noSuchWorkflow', { taskQueue: TASK_QUEUE, workflowId: 'wrong' })
  await connection.close()
  const scraped = async () => ({
    'formwright-worker': exportedNames(await page(`http://127.0.0.1:${ports.workerMetrics}/metrics`)),
    'formwright-inference': exportedNames(
      await page(`${env.FORMWRIGHT_INFERENCE_URL}/metrics`, { authorization: `Bearer ${env.FORMWRIGHT_INFERENCE_TOKEN}` }),
    ),
  })
  const missing = async () => {
    const found = await scraped()
    return namesAskedFor().filter(({ job, name }) => job in found && !found[job as keyof typeof found].has(name))
  }
  for (let i = 0; i < 400 && (await missing()).length > 0; i++) await sleep(300)
  expect(await missing()).toEqual([])
}, 180_000)
