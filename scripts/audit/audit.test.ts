import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { createCatalogActivities } from '../../activities/catalog/index.js'
import { entryJson } from '../../activities/catalog/files.js'
import { CatalogRepository } from '../../activities/catalog/repository.js'
import { evaluateCase } from '../../activities/evaluate/case.js'
import { plannedFixture } from '../../activities/evaluate/plan.js'
import { readPublished } from '../../activities/evaluate/sources.js'
import { summarise } from '../../activities/evaluate/summarise.js'
import type { EvaluationPlan } from '../../activities/evaluate/types.js'
import { canonicalJson, digestOf, sha256 } from '../../activities/ports/digests.js'
import type { PrepareInput } from '../../activities/types.js'
import { CatalogEntry, type EvaluateInput, Fixture, type RunOutcome, TASK_QUEUE, workflowIdOf } from '../../contracts/index.js'
import { createExtractor } from '../../extraction/registry.js'
import { Bench, BENCH_START_MS, SkippingClock } from '../../tests/drills/simulation/bench.js'
import { MemoryStore } from '../../tests/drills/simulation/memory-store.js'
import { World } from '../../tests/drills/simulation/world.js'
import type { Finding } from './finding.js'
import type { History } from './history.js'
import { type AuditPorts, audit } from './index.js'
import { workflowCode } from './replay.js'
import { findPage, type PageSource } from './source.js'

// A bundle takes ten seconds of a core of its own; cores are shared.
jest.setTimeout(240_000)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FORMS = ['interdistrict-transfer', 'birth-record-amendment']
const FIXTURES = 'data/fine-tuning/extraction/fixtures'
let dir: string
let ports: AuditPorts
let source: PageSource
let entry: CatalogEntry
let histories: Map<string, History>
let store: MemoryStore

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', dir, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], { encoding: 'utf8' }).trim()

/** The evaluation of two forms with their answers kept; the candidate answers by the rules, since no model runs here. */
async function evaluate(input: EvaluateInput) {
  const forms = await Promise.all(
    FORMS.map(async (id) => Fixture.parse(JSON.parse(await readFile(join(dir, FIXTURES, `${id}.json`), 'utf8')))),
  )
  const local = { provider: 'local' as const, model: null }
  const plan: EvaluationPlan = {
    fixtures: forms.map(plannedFixture),
    variants: [
      { variant: 'extraction/lora-v1', variantDigest: input.candidate, role: 'candidate', ...local },
      { variant: 'extraction/rules-v1', variantDigest: digestOf('rules'), role: 'baseline', ...local },
    ],
  }
  const casePorts = {
    store,
    code: digestOf('code'),
    fixture: async (id: string) => ({
      fixture: forms.find((form) => form.id === id)!,
      pdf: new Uint8Array(await readFile(join(ROOT, FIXTURES, `${id}.pdf`))),
    }),
    extractor: async () => createExtractor('extraction/rules-v1'),
  }
  const cases = await Promise.all(
    plan.variants.flatMap((variant) => plan.fixtures.map((fixture) => evaluateCase(casePorts, { run: input.run, variant, fixture }))),
  )
  const evaluation = summarise(plan, cases, await readPublished(dir))
  const { digest, ...content } = evaluation
  await store.create(`results/evaluations/${digest}.json`, { bytes: Buffer.from(canonicalJson(content)) })
  return evaluation
}

/** One run on a simulated world and a real Temporal server, its page committed to a repository of its own. */
async function run(bench: Bench): Promise<RunOutcome> {
  const clock = new SkippingClock(bench.env)
  await clock.sync()
  const world = new World(clock)
  store = world.store
  world.onQuote = async ({ workflowId, quote }) =>
    bench.client.workflow.getHandle(workflowId).signal('approveSpend', { quoteDigest: quote.digest, approver: 'ann', channel: 'cli' })
  const simulated = world.activities()
  const activities = {
    ...simulated,
    prepareRun: async (input: PrepareInput) => ({ ...(await simulated.prepareRun(input)), codeCommit: git('rev-parse', 'HEAD') }),
    simulateEvaluation: evaluate,
    ...createCatalogActivities({ repository: ports.repository, remote: 'none' }),
  }
  await bench.play(activities)
  return bench.client.workflow.execute('fineTuneExtraction', {
    workflowId: workflowIdOf('lora-v1'),
    taskQueue: TASK_QUEUE,
    args: [{ preset: 'tiny', gates: { minRecall: 0.05 } }],
  })
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'audited-'))
  for (const path of [
    'workflows',
    'contracts',
    'package.json',
    'data/published-figures.json',
    ...FORMS.map((id) => `${FIXTURES}/${id}.json`),
  ]) {
    await mkdir(join(dir, path, '..'), { recursive: true })
    await cp(join(ROOT, path), join(dir, path), { recursive: true })
  }
  execFileSync('git', ['init', '-q', '-b', 'main', dir])
  git('add', '.')
  git('commit', '-q', '-m', 'Code')
  const repository = new CatalogRepository(dir, join(dir, '.worktrees'))
  let code: Promise<string> | undefined
  ports = {
    repository,
    store: new MemoryStore(),
    code: (commit) => (code ??= workflowCode(repository, commit, join(ROOT, 'node_modules'))),
    histories: async () => histories,
  }
  const bench = await Bench.start('skipping')
  try {
    const outcome = await run(bench)
    ports.store = store
    const { commit, page } = outcome.catalog
    source = await findPage(dir, repository.git(), `${commit}:${page}`)
    entry = CatalogEntry.parse(JSON.parse((await source.read(page.replace('.md', '.json')))!))
    const of = (id: string) => bench.client.workflow.getHandle(id).fetchHistory()
    histories = new Map([
      [entry.workflowId, await of(entry.workflowId)],
      [`train-on-spot/${entry.run}`, await of(`train-on-spot/${entry.run}`)],
    ])
  } finally {
    await bench.stop()
  }
}, BENCH_START_MS)
afterAll(() => rm(dir, { recursive: true, force: true }))

const wrong = (findings: Finding[]): string[] => [...new Set(findings.filter((f) => !f.holds).map((f) => f.check))].sort()

/** The page's files with some of them changed. */
const changed = (edits: Record<string, (text: string) => string>): PageSource => ({
  ...source,
  read: async (path) => {
    const text = await source.read(path)
    const edit = Object.entries(edits).find(([end]) => path.endsWith(end))?.[1]
    return text === null || !edit ? text : edit(text)
  },
})

/** A forged JSON whose page was rendered anew from it, so that only what lies outside can tell. */
async function forged(change: (entry: CatalogEntry) => void): Promise<PageSource> {
  const { renderEntry } = await import('../../activities/catalog/files.js')
  const copy = structuredClone(entry)
  change(copy)
  const files = new Map([...(await renderEntry(copy)), [source.page.replace('.md', '.json'), entryJson(copy)]])
  return { ...source, read: async (path) => files.get(path) ?? source.read(path) }
}

/** Audits with an object of the store changed, and puts it back. */
async function withObject(key: string, bytes: Uint8Array, work: () => Promise<void>): Promise<void> {
  const kept = store.objects.get(key)!
  store.objects.set(key, bytes)
  await work().finally(() => store.objects.set(key, kept))
}

test('everything of an honest page holds', async () => {
  const findings = await audit(ports, source)
  expect(findings.filter((f) => !f.holds)).toEqual([])
  expect(new Set(findings.map((f) => f.check))).toEqual(new Set(['page', 'figures', 'store', 'cases', 'git', 'history', 'replay']))
})

test('a number changed on the page is found', async () => {
  const findings = await audit(ports, changed({ '.md': (text) => text.replace(/Recall [\d.]+ %/, 'Recall 99.9 %') }))
  expect(wrong(findings)).toEqual(['git', 'page'])
})

test('a chart that shows something else is found', async () => {
  const findings = await audit(ports, changed({ '-differences.svg': (text) => text.replace(/M\d/, 'M7') }))
  expect(wrong(findings)).toEqual(['git', 'page'])
})

test('a better figure in the JSON, with the page rendered from it, is found', async () => {
  const better = await forged((copy) => {
    copy.evaluation!.summaries[0]!.metrics.recall!.value = 0.99
  })
  expect(wrong(await audit(ports, better))).toEqual(['figures', 'git', 'history', 'store'])
})

test('a forged approver is found in the history', async () => {
  const other = await forged((copy) => {
    copy.decision!.approver = 'the director'
  })
  const findings = await audit(ports, other)
  expect(wrong(findings)).toEqual(['git', 'history'])
  expect(findings.some((f) => f.detail.includes('by the director over cli was never sent'))).toBe(true)
})

test('less money on the page than the training reported is found', async () => {
  const cheap = await forged((copy) => {
    copy.dollars = 0.0001
  })
  expect(wrong(await audit(ports, cheap))).toContain('history')
})

test('more money than was approved is found', async () => {
  const dear = await forged((copy) => {
    copy.dollars = 50
  })
  expect((await audit(ports, dear)).some((f) => !f.holds && /\$50 spent, but only \$[\d.]+ was allowed/.test(f.detail))).toBe(true)
})

test('a dataset that was changed in the object store is found', async () => {
  await withObject(`datasets/${entry.dataset!.digest}/train.jsonl`, Buffer.from('other'), async () => {
    expect(wrong(await audit(ports, source))).toEqual(['store'])
  })
})

test('a stored case that was changed is found, and so is one whose digest on the page was changed with it', async () => {
  const { key } = entry.evaluation!.cases[0]!.stored!
  const stored = JSON.parse(Buffer.from(store.objects.get(key)!).toString()) as { case: { score: { matched: number } } }
  stored.case.score.matched += 5
  const bytes = Buffer.from(canonicalJson(stored))
  await withObject(key, bytes, async () => {
    expect(wrong(await audit(ports, source))).toEqual(['cases'])
    const both = await forged((copy) => {
      copy.evaluation!.cases[0]!.score.matched += 5
      copy.evaluation!.cases[0]!.stored!.sha256 = sha256(bytes)
    })
    const findings = await audit(ports, both)
    expect(findings.some((f) => f.check === 'cases' && !f.holds && f.detail.includes('scored again: matched'))).toBe(true)
  })
})

test('a gold that was changed after the measurement is found', async () => {
  const findings = await audit(ports, changed({ [`${FORMS[0]}.json`]: (text) => text.replace('"title": "', '"title": "Other ') }))
  expect(wrong(findings)).toEqual(['cases'])
})

test('a history that was edited does not replay', async () => {
  const { events } = histories.get(entry.workflowId)!
  const scheduled = events!.map((event) => event.activityTaskScheduledEventAttributes?.activityType)
  const curating = scheduled.find((type) => type?.name === 'curateDataset')!
  curating.name = 'promote'
  const findings = await audit(ports, source).finally(() => {
    curating.name = 'curateDataset'
  })
  expect(wrong(findings)).toEqual(['replay'])
})

test('a history that is gone, or of another run, does not hold', async () => {
  const gone = await audit({ ...ports, histories: async () => new Map() }, source)
  expect(wrong(gone)).toEqual(['history'])
  const other = await forged((copy) => {
    copy.runId = 'another'
  })
  expect((await audit(ports, other)).some((f) => f.check === 'history' && !f.holds && f.detail.includes('that of the run'))).toBe(true)
})

test("a branch without the run's commit, and a code commit that is nowhere, are found", async () => {
  const commit = git('rev-parse', entry.branch)
  git('update-ref', '-d', `refs/heads/${entry.branch}`)
  try {
    expect(wrong(await audit(ports, source))).toEqual(['git'])
  } finally {
    git('update-ref', `refs/heads/${entry.branch}`, commit)
  }
  const nowhere = await forged((copy) => {
    copy.codeCommit = 'f'.repeat(40)
  })
  const code = (at: string): Promise<string> => workflowCode(ports.repository, at, join(ROOT, 'node_modules'))
  expect(wrong(await audit({ ...ports, code }, nowhere))).toEqual(['git', 'history', 'replay'])
})

test('a page without its JSON is refused, and one that is nowhere says where pages are', async () => {
  expect(wrong(await audit(ports, changed({ '.json': () => '{' })))).toEqual(['page'])
  await expect(findPage(dir, ports.repository.git(), 'catalog/nothing.md')).rejects.toThrow('git branch --list')
})
