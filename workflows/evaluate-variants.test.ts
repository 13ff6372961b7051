import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Worker } from '@temporalio/worker'
import { createEvaluateActivities, type EvaluatePorts } from '../activities/evaluate/index.js'
import { PUBLISHED } from '../activities/catalog/sample-record.js'
import { digestOf } from '../activities/ports/digests.js'
import type { EvaluateInput, Evaluation, ExtractionResult, Fixture } from '../contracts/index.js'
import { ClaudeUnavailable } from '../extraction/variants/claude-errors.js'
import { Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import { MemoryStore } from '../tests/drills/simulation/memory-store.js'
import { workflowBundle } from '../workers/build-bundle.js'

let bench: Bench
beforeAll(async () => {
  bench = await Bench.start('skipping')
}, BENCH_START_MS)
afterAll(() => bench.stop())

const requirement = { id: 'name', fieldName: 'name', label: 'Name', fieldType: 'text' as const, required: false }
const spec = { id: 'form', title: 'Form', groups: [{ id: 'g', title: 'G', requirements: [requirement] }] }
const fieldMapping = { name: [{ name: 'name', page: 1, index: 0 }] }
const fixtures = ['one', 'two'].map((id): Fixture => ({ id, pdf: `${id}.pdf`, pdfDigest: digestOf(id), spec, fieldMapping }))
const CANDIDATE = digestOf('candidate')

/** An extractor that finds everything, after what `before` does. */
const extractor = (adapter: string, before: (pdf: string) => void = () => undefined) => ({
  id: 'extraction/lora-v1' as const,
  async extract(pdf: Uint8Array): Promise<ExtractionResult> {
    before(Buffer.from(pdf).toString())
    const provenance = {
      variant: 'extraction/lora-v1' as const,
      adapter,
      promptVersion: 'p',
      pdf: digestOf('pdf'),
      seconds: 1,
      dollars: 0.1,
      tokens: { prompt: 1, completion: 1 },
      windows: 1,
      unparseable: 0,
      at: new Date().toISOString(),
    }
    return { spec, fieldMapping, confidence: [], provenance }
  },
})

/** A worker of its own queue, with these ports. */
async function workerOf(queue: string, more: Partial<EvaluatePorts>, at = bench): Promise<Worker> {
  const clock = at.clock()
  const ports: EvaluatePorts = {
    store: new MemoryStore(),
    fixtures: {
      list: async () => {
        await clock.sync()
        return fixtures
      },
      pdf: async (fixture) => Buffer.from(fixture.id),
    },
    extractor: async ({ variant }) => extractor(variant.role === 'base' ? 'base' : variant.variantDigest),
    code: async () => digestOf('code'),
    published: async () => PUBLISHED,
    apiModels: {},
    clock,
    ...more,
  }
  return Worker.create({
    connection: at.env.nativeConnection,
    taskQueue: queue,
    workflowBundle: await workflowBundle(),
    activities: createEvaluateActivities(ports),
    stickyQueueScheduleToStartTimeout: '1s',
    shutdownGraceTime: '1s',
  })
}

function start(run: string, at = bench) {
  const input: EvaluateInput = {
    run,
    adapter: 'lora-v1',
    preset: 'full',
    candidate: CANDIDATE,
    live: null,
    base: { name: 'Small', digest: digestOf('base') },
  }
  return at.client.workflow.start('evaluateVariants', { workflowId: `evaluate-variants/${run}`, taskQueue: run, args: [input] })
}

async function evaluate(run: string, more: Partial<EvaluatePorts>): Promise<Evaluation> {
  const worker = await workerOf(run, more)
  return worker.runUntil(async () => (await start(run)).result())
}

test('every variant is measured on every form, and a repeated evaluation asks nobody', async () => {
  const store = new MemoryStore()
  const first = await evaluate('first', { store })
  expect(first.cases.map((c) => [c.variant, c.fixture, c.error])).toEqual([
    ['extraction/lora-v1', 'one', null],
    ['extraction/lora-v1', 'two', null],
    ['base/Small', 'one', null],
    ['base/Small', 'two', null],
    ['extraction/rules-v1', 'one', null],
    ['extraction/rules-v1', 'two', null],
  ])
  expect(first.summaries.find((s) => s.role === 'candidate')).toMatchObject({
    variantDigest: CANDIDATE,
    forms: 2,
    errors: 0,
    allCorrect: 2,
  })
  const again = await evaluate('again', { store, extractor: () => Promise.reject(new Error('asked again')) })
  expect(again).toEqual(first)
}, 120_000)

test('a provider that says when to come back is asked again then, and one that refuses is not', async () => {
  const asked: { pdf: string; at: number }[] = []
  const limited = (pdf: string): void => {
    if (pdf === 'two') throw new ClaudeUnavailable('extraction/haiku', 'the model refused to read this form', true)
    asked.push({ pdf, at: asked.length })
    if (asked.length === 1) throw new ClaudeUnavailable('extraction/haiku', 'rate limited', false, 480_000)
  }
  const evaluation = await evaluate('limited', {
    apiModels: { 'extraction/haiku': 'claude-haiku-4-5' },
    extractor: async ({ variant }) =>
      extractor(variant.role === 'base' ? 'base' : variant.variantDigest, variant.provider === 'anthropic' ? limited : undefined),
  })
  const api = evaluation.cases.filter((c) => c.variant === 'extraction/haiku')
  expect(api.map((c) => [c.fixture, c.error])).toEqual([
    ['one', null],
    ['two', 'the model refused to read this form'],
  ])
  expect(asked).toHaveLength(2)
  const history = await bench.client.workflow.getHandle('evaluate-variants/limited').fetchHistory()
  const seconds = (type: 'activityTaskScheduledEventAttributes' | 'workflowExecutionCompletedEventAttributes'): number =>
    Number(history.events!.find((e) => e[type])!.eventTime!.seconds)
  expect(seconds('workflowExecutionCompletedEventAttributes') - seconds('activityTaskScheduledEventAttributes')).toBeGreaterThanOrEqual(480)
  expect(evaluation.summaries.find((s) => s.variant === 'extraction/haiku')).toMatchObject({ errors: 1, source: 'measured' })
}, 120_000)

test('an evaluation whose worker goes away is taken up by another, which asks only what was not measured yet', async () => {
  const asked: string[] = []
  const counting =
    (stop?: () => void): EvaluatePorts['extractor'] =>
    async ({ variant, fixture }) =>
      extractor(variant.role === 'base' ? 'base' : variant.variantDigest, () => {
        asked.push(`${variant.role} ${fixture.id}`)
        if (asked.length === 3) stop?.()
      })
  // The server that skips time forgets an activity whose worker goes away.
  const local = await Bench.start('local')
  try {
    const store = new MemoryStore()
    const first: Worker = await workerOf('resumed', { store, extractor: counting(() => first.shutdown()) }, local)
    const running = first.run()
    const handle = await start('resumed', local)
    await running
    const before = asked.length
    expect((await handle.describe()).status.name).toBe('RUNNING')
    const second = await workerOf('resumed', { store, extractor: counting() }, local)
    const evaluation = (await second.runUntil(() => handle.result())) as Evaluation
    expect(evaluation.cases).toHaveLength(6)
    expect(before).toBeLessThan(6)
    expect([...asked].sort()).toEqual([...new Set(asked)].sort())
    expect(asked).toHaveLength(6)
  } finally {
    await local.stop()
  }
}, 120_000)
