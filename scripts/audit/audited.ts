import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCatalogActivities } from '../../activities/catalog/index.js'
import { CatalogRepository } from '../../activities/catalog/repository.js'
import { evaluateCase } from '../../activities/evaluate/case.js'
import { plannedFixture } from '../../activities/evaluate/plan.js'
import { readPublished } from '../../activities/evaluate/sources.js'
import { summarise } from '../../activities/evaluate/summarise.js'
import type { EvaluationPlan } from '../../activities/evaluate/types.js'
import { canonicalJson, digestOf } from '../../activities/ports/digests.js'
import type { PrepareInput } from '../../activities/types.js'
import {
  type EvaluateInput,
  Fixture,
  type RunOutcome,
  SWEEP_WORKFLOW_TYPE,
  TASK_QUEUE,
  WORKFLOW_TYPE,
  workflowIdOf,
} from '../../contracts/index.js'
import { createExtractor } from '../../extraction/registry.js'
import { Bench, SkippingClock } from '../../tests/drills/simulation/bench.js'
import type { MemoryStore } from '../../tests/drills/simulation/memory-store.js'
import { World } from '../../tests/drills/simulation/world.js'
import { CommitCode } from './commit-code.js'
import type { History } from './history.js'
import type { AuditPorts } from './index.js'
import { findPage, type PageSource } from './source.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const FORMS = ['interdistrict-transfer', 'birth-record-amendment']
const FIXTURES = 'data/fine-tuning/extraction/fixtures'
const LEAK = ['data/fine-tuning/extraction/leak.ts', 'data/fine-tuning/extraction/overlap.ts']

/** A page that was committed, with the histories behind it. */
export interface Committed {
  source: PageSource
  histories: Map<string, History>
}

/** For tests: a repository of its own with the pages of one run and one sweep, made on a simulated world and a real Temporal server. */
export class Audited {
  run!: Committed
  sweep!: Committed

  private readonly code = new Map<string, Promise<CommitCode>>()
  readonly repository: CatalogRepository

  private constructor(
    readonly dir: string,
    readonly store: MemoryStore,
  ) {
    this.repository = new CatalogRepository(dir, join(dir, '.worktrees'))
  }

  git(...args: string[]): string {
    return gitIn(this.dir, ...args)
  }

  /** A commit is checked out and bundled once. */
  private codeOf(commit: string): Promise<CommitCode> {
    const known = this.code.get(commit) ?? CommitCode.checkOut(this.repository, commit, join(ROOT, 'node_modules'))
    this.code.set(commit, known)
    return known
  }

  audited({ histories }: Committed): AuditPorts {
    const { repository, store } = this
    return { repository, store, code: (commit) => this.codeOf(commit), histories: async () => histories }
  }

  /** Commits the code with one of its files changed, beside everything else. */
  changedCode(changes: Record<string, (text: string) => string>): string {
    for (const [path, change] of Object.entries(changes)) {
      const file = join(this.dir, path)
      writeFileSync(file, change(readFileSync(file, 'utf8')))
    }
    this.git('commit', '-q', '-a', '-m', 'Other code')
    const commit = this.git('rev-parse', 'HEAD')
    this.git('reset', '-q', '--hard', 'HEAD~')
    return commit
  }

  async remove(): Promise<void> {
    for (const code of this.code.values()) await code.then((one) => one.close()).catch(() => undefined)
    await rm(this.dir, { recursive: true, force: true })
  }

  static async make(): Promise<Audited> {
    const dir = await repositoryOfCode()
    const bench = await Bench.start('skipping')
    try {
      const clock = new SkippingClock(bench.env)
      await clock.sync()
      const world = new World(clock)
      const place = new Audited(dir, world.store)
      await place.play(bench, world)
      const gates = { minRecall: 0.05 }
      place.run = await place.committed(bench, WORKFLOW_TYPE, { preset: 'tiny', gates })
      const configurations = [{ name: 'low' }, { name: 'high', hyperparameters: { learningRate: 1e-3 } }]
      place.sweep = await place.committed(bench, SWEEP_WORKFLOW_TYPE, { preset: 'tiny', gates, configurations })
      return place
    } finally {
      await bench.stop()
    }
  }

  private async play(bench: Bench, world: World): Promise<void> {
    world.onQuote = async ({ workflowId, quote }) =>
      bench.client.workflow.getHandle(workflowId).signal('approveSpend', { quoteDigest: quote.digest, approver: 'ann', channel: 'cli' })
    const simulated = world.activities()
    await bench.play({
      ...simulated,
      prepareRun: async (input: PrepareInput) => ({ ...(await simulated.prepareRun(input)), codeCommit: this.git('rev-parse', 'HEAD') }),
      simulateEvaluation: (input: EvaluateInput) => evaluate(this.dir, this.store, input),
      ...createCatalogActivities({ repository: this.repository, remote: 'none' }),
    })
  }

  private async committed(bench: Bench, type: string, input: object): Promise<Committed> {
    const workflowId = workflowIdOf('lora-v1')
    const handle = await bench.client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUE, args: [input] })
    const { catalog }: RunOutcome = await handle.result()
    const source = await findPage(this.dir, this.repository.git(), `${catalog.commit}:${catalog.page}`)
    const history = await handle.fetchHistory()
    const histories = new Map([[workflowId, history]])
    for (const event of history.events ?? []) {
      const id = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId
      if (id?.startsWith('train-on-spot/')) histories.set(id, await bench.client.workflow.getHandle(id).fetchHistory())
    }
    return { source, histories }
  }
}

const gitIn = (dir: string, ...args: string[]): string =>
  execFileSync('git', ['-C', dir, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], { encoding: 'utf8' }).trim()

async function repositoryOfCode(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'audited-'))
  const forms = FORMS.map((id) => `${FIXTURES}/${id}.json`)
  const code = ['workflows', 'contracts', 'activities', 'extraction', 'telemetry', 'package.json', 'scripts/audit/witness.ts', ...LEAK]
  for (const path of [...code, 'data/published-figures.json', ...forms]) {
    await mkdir(join(dir, path, '..'), { recursive: true })
    await cp(join(ROOT, path), join(dir, path), { recursive: true, filter: (from) => !from.endsWith('.test.ts') })
  }
  execFileSync('git', ['init', '-q', '-b', 'main', dir])
  gitIn(dir, 'add', '.')
  gitIn(dir, 'commit', '-q', '-m', 'Code')
  return dir
}

/** The evaluation of two forms with their answers kept; the candidate answers by the rules, since no model runs here. */
async function evaluate(dir: string, store: MemoryStore, input: EvaluateInput) {
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
