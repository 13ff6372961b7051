import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatasetActivities } from '../../../activities/dataset.js'
import { createDeployActivities } from '../../../activities/deploy.js'
import { createNotifyActivities, type Notifier } from '../../../activities/notify.js'
import { createPlanActivities } from '../../../activities/plan.js'
import type { Clock } from '../../../activities/ports/clock.js'
import { canonicalJson, sha256 } from '../../../activities/ports/digests.js'
import type { InferenceAdmin } from '../../../activities/ports/inference.js'
import { createQuoteActivities } from '../../../activities/quote.js'
import { createReconcileActivities, type Runs } from '../../../activities/reconcile.js'
import { createTrainingActivities } from '../../../activities/training/index.js'
import type { CatalogActivities, Pace, QuoteNotice } from '../../../activities/types.js'
import {
  type AliasState,
  type Digest,
  type Evaluation,
  type EvaluateInput,
  type Leak,
  PROMPT_VERSION,
  type RunRecord,
  type SweepRecord,
} from '../../../contracts/index.js'
import { SimulatedCloud } from './cloud.js'
import { MemoryStore } from './memory-store.js'

export const DECISION_KEY = 'a-key-for-simulated-decisions-only'

/** The embedded pace; looks are half a minute apart by the workflow's timers, so that the server can skip them. */
export const SIMULATED_PACE: Pace = {
  backoffSeconds: 30,
  sliceSeconds: 0,
  pollSeconds: 1,
  restSeconds: 30,
  bootSeconds: 120,
  lostSeconds: 90,
  stuckSeconds: 300,
  graceSeconds: 120,
}

/** For the real server: the same in tenths of a second. */
export const REAL_TIME_PACE: Pace = {
  ...SIMULATED_PACE,
  backoffSeconds: 0.2,
  sliceSeconds: 5,
  pollSeconds: 0.1,
  restSeconds: 0,
}

/** An inference service in memory. */
export class SimulatedInference implements InferenceAdmin {
  readonly loaded = new Set<Digest>()
  readonly aliases = new Map<string, AliasState>()
  loads = 0

  async load(digest: Digest): Promise<void> {
    this.loads++
    this.loaded.add(digest)
  }
  async unload(digest: Digest): Promise<void> {
    if (![...this.aliases.values()].some((alias) => alias.digest === digest)) this.loaded.delete(digest)
  }
  async setAlias(alias: string, digest: Digest): Promise<void> {
    const previous = this.aliases.get(alias)?.digest ?? null
    if (previous !== digest) this.aliases.set(alias, { alias, digest, previous, at: null })
  }
  async alias(alias: string): Promise<AliasState> {
    return this.aliases.get(alias) ?? { alias, digest: null, previous: null, at: null }
  }
  async rollback(alias: string): Promise<AliasState> {
    const state = await this.alias(alias)
    if (state.previous) await this.setAlias(alias, state.previous)
    return this.alias(alias)
  }
  async live(alias: string): Promise<Digest | null> {
    return (await this.alias(alias)).digest
  }
  async memoryMiB(): Promise<number> {
    return 700
  }
}

/** Everything outside Temporal, by the clock it is given. */
export class World {
  readonly store = new MemoryStore()
  readonly inference = new SimulatedInference()
  readonly cloud: SimulatedCloud
  readonly commits: RunRecord[] = []
  readonly sweeps: SweepRecord[] = []
  readonly notices: string[] = []
  /** Called with each quote; a person's side of the run. */
  onQuote: (notice: QuoteNotice) => Promise<void> = async () => undefined
  onActivity: () => void = () => undefined
  /** Called with each page before it is committed. */
  onCommit: (record: RunRecord) => Promise<void> | undefined = () => undefined
  recall = 0.8
  leak: Leak = { pairs: 0, overlap: 0, allowed: 0.5, nearest: null, windows: 0 }
  /** Recall by the name of the run, where runs differ. */
  recallOf: (run: string) => number | undefined = () => undefined
  runs: Runs = { state: async () => 'open' }
  pace = SIMULATED_PACE

  constructor(readonly clock: Clock & { sync(): Promise<void> }) {
    this.cloud = new SimulatedCloud(this.store, () => clock.now())
  }

  /** Activities over these ports. `wrap` puts faults in front of any of them. */
  activities(wrap: <T extends object>(name: string, port: T) => T = (_, port) => port) {
    const { clock } = this
    const store = wrap('store', this.store)
    const compute = wrap('compute', this.cloud)
    const inference = wrap('inference', this.inference)
    const notifier: Notifier = wrap('notifier', {
      quote: async (notice) => this.onQuote(notice),
      run: async (notice) => void this.notices.push(notice.text),
    })
    const source = { build: async () => datasetFiles(), leak: async () => this.leak }
    return this.inStep({
      ...createDatasetActivities({ source, store }),
      ...createPlanActivities({
        store,
        inference,
        bundle: async () => folder({ 'training.tar.gz': 'code' }),
        baseDirectory,
        codeCommit: async () => 'c0ffee',
        profile: 'embedded',
        region: 'us-east-1',
        pace: this.pace,
      }),
      ...createQuoteActivities({ compute, clock, decisionKey: DECISION_KEY }),
      ...createTrainingActivities({ store, compute, clock }),
      ...createDeployActivities({ store, inference, clock }),
      ...createNotifyActivities(notifier),
      ...createReconcileActivities({ compute, store, runs: this.runs, clock, regions: ['us-east-1'] }),
      ...this.catalog(),
      simulateEvaluation: async (input: EvaluateInput) => this.evaluate(input),
    })
  }

  /** Reads the clock before each activity. */
  private inStep<T extends object>(activities: T): T {
    const stepped = Object.entries(activities).map(([name, run]) => [
      name,
      async (...args: unknown[]) => {
        await this.clock.sync()
        this.onActivity()
        return (run as (...a: unknown[]) => unknown)(...args)
      },
    ])
    return Object.fromEntries(stepped) as T
  }

  /** Commits once per run, as git would by the trailer. */
  private catalog(): CatalogActivities {
    return {
      commitCatalog: async (record) => {
        await this.onCommit(record)
        if (!this.commits.some((commit) => commit.run === record.run)) this.commits.push(record)
        return {
          branch: `catalog/${record.run}`,
          commit: sha256(record.run).slice(0, 40),
          page: `catalog/experiments/pdf-field-extraction/${record.adapter}.md`,
        }
      },
      commitSweep: async (record) => {
        if (!this.sweeps.some((sweep) => sweep.run === record.run)) this.sweeps.push(record)
        return {
          branch: `catalog/${record.run}`,
          commit: sha256(record.run).slice(0, 40),
          page: `catalog/experiments/pdf-field-extraction/${record.adapter}-sweep.md`,
        }
      },
    }
  }

  /** What the evaluation would have found. */
  evaluate(input: EvaluateInput): Evaluation {
    const recall = this.recallOf(input.run) ?? this.recall
    const figure = { value: recall, low: recall, high: recall }
    const summary = (variantDigest: string, recall = figure): Evaluation['summaries'][number] => ({
      variant: 'extraction/lora-v1',
      variantDigest,
      source: 'measured',
      scorer: 'formwright',
      forms: 2,
      metrics: { recall },
      secondsPerForm: 1,
      p95Seconds: 2,
      tokensPerForm: 10,
      dollarsPerForm: 0,
      unparseable: 0,
      errors: 0,
    })
    const summaries = [
      summary(input.candidate),
      ...(input.live && input.live !== input.candidate ? [summary(input.live, { value: 0.7, low: 0.7, high: 0.7 })] : []),
    ]
    return { fixtures: [], cases: [], summaries, gates: [] }
  }
}

export function folder(files: Record<string, string>, more: object = {}): Map<string, Uint8Array> {
  const entries = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const)
  const manifest = { ...more, files: entries.map(([path, bytes]) => ({ path, sha256: sha256(bytes), bytes: bytes.byteLength })) }
  return new Map<string, Uint8Array>([...entries, ['manifest.json', Buffer.from(canonicalJson(manifest))]])
}

let base: Promise<string> | undefined
const baseDirectory = (): Promise<string> => (base ??= makeBase())

/** A base model folder of a few bytes. */
async function makeBase(): Promise<string> {
  const dir = join(tmpdir(), `formwright-simulated-base-${process.pid}`)
  await mkdir(dir, { recursive: true })
  for (const [path, bytes] of folder({ 'model.safetensors': 'base' })) await writeFile(join(dir, path), bytes)
  return dir
}

const datasetFiles = (): Map<string, Uint8Array> =>
  folder(
    { 'train.jsonl': `${JSON.stringify({ id: 'a/1', family: 'a', prompt: 'p'.repeat(3000), answer: 'a'.repeat(500) })}\n` },
    { promptVersion: PROMPT_VERSION, pairs: 50, families: 10, windows: 1, evalPairs: 2 },
  )
