import { z } from 'zod'
import { Leak } from './dataset.js'
import { Evaluation } from './evaluation.js'
import { Digest } from './digest.js'
import { Decision, Quote } from './spend.js'
import { Hyperparameters, TrainResult } from './training.js'

export const PRESETS = ['tiny', 'quick', 'full', 'llama-3.2-3b', 'mistral-7b'] as const
export const Preset = z.enum(PRESETS)
export type Preset = z.infer<typeof Preset>

export const STAGES = [
  'curating',
  'awaiting-approval',
  'training',
  'publishing',
  'deploying',
  'evaluating',
  'deciding',
  'committing',
] as const
export const Stage = z.enum(STAGES)
export type Stage = z.infer<typeof Stage>

export const ENDINGS = ['promoted', 'not-promoted', 'scope-deferred', 'budget-exhausted', 'failed', 'cancelled'] as const
export const Ending = z.enum(ENDINGS)
export type Ending = z.infer<typeof Ending>

export const TASK_QUEUE = 'formwright'
export const WORKFLOW_TYPE = 'fineTuneExtraction'
export const workflowIdOf = (adapter: string): string => `fine-tune-extraction/${adapter}`

/** What logs, keys and pages call a run or sweep, by its workflow; null where the workflow is none. */
export function runNameOf(workflowId: string, runId: string): string | null {
  const adapter = /^fine-tune-extraction\/(.+)$/.exec(workflowId)
  return adapter ? `${adapter[1]}-${runId}` : null
}

export const GateThresholds = z
  .object({
    /** Before spending: a smaller dataset would not carry a fine-tuning. */
    minTrainingPairs: z.int().min(1).default(50),
    minRecall: z.number().min(0).max(1).default(0.5),
    /** The candidate may be this much below what is live. */
    margin: z.number().min(0).max(1).default(0.02),
    maxUnparseable: z.int().min(0).default(0),
    maxP95Seconds: z.number().positive().default(60),
    maxServiceMemoryMiB: z.number().positive().default(1536),
  })
  .strict()

/** Input of `fineTuneExtraction`. `{}` is valid: every default is here. */
export const FineTuneInput = z
  .object({
    adapter: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected kebab-case, such as lora-v1')
      .default('lora-v1'),
    preset: Preset.default('quick'),
    /** A digest, or `live`: continue from what the alias points to, where there is one. `none`: start from the base. */
    initFrom: z.union([Digest, z.literal('live'), z.literal('none')]).optional(),
    hyperparameters: Hyperparameters.partial().optional(),
    budget: z
      .object({
        maxDollars: z.number().positive().default(5),
        maxHours: z.number().positive().default(6),
        atCap: z.enum(['use-last-checkpoint', 'end']).default('use-last-checkpoint'),
      })
      .strict()
      .prefault({}),
    approval: z
      .object({
        expiresInMinutes: z.number().positive().default(60),
        /** Empty: anyone who can reach a channel. */
        approvers: z.array(z.string()).default([]),
        /** Absent: `verified` on the aws profile, `claimed` on the embedded one. */
        assurance: z.enum(['claimed', 'verified']).optional(),
      })
      .strict()
      .prefault({}),
    compute: z
      .object({ maxAttempts: z.int().min(1).max(10).default(3) })
      .strict()
      .prefault({}),
    gates: GateThresholds.prefault({}),
  })
  .strict()
export type FineTuneInput = z.infer<typeof FineTuneInput>
export type FineTuneInputRaw = z.input<typeof FineTuneInput>

export const Attempt = z.object({
  number: z.int(),
  instanceId: z.string().nullable(),
  instanceType: z.string(),
  zone: z.string(),
  dollarsPerHour: z.number(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  ending: z.enum(['running', 'done', 'interrupted', 'lost', 'no-capacity', 'failed', 'capped', 'cancelled']),
  dollars: z.number(),
})
export type Attempt = z.infer<typeof Attempt>

/** Answer of the `progress` query and what pages, CLI and catalog show. */
export const RunProgress = z.object({
  run: z.string(),
  adapter: z.string(),
  preset: Preset,
  stage: Stage,
  ending: Ending.nullable(),
  waitingFor: z.string().nullable(),
  quote: Quote.nullable(),
  decision: Decision.nullable(),
  refusedDecisions: z.array(z.object({ at: z.iso.datetime(), reason: z.string() })),
  attempts: z.array(Attempt),
  training: z.object({ step: z.int(), steps: z.int(), loss: z.number().nullable(), secondsLeft: z.number().nullable() }).nullable(),
  dollars: z.number(),
  candidate: Digest.nullable(),
  startedAt: z.iso.datetime(),
  /** Trainings of a sweep; absent for a run of one training. */
  configurations: z
    .array(
      z.object({ name: z.string(), state: z.string(), step: z.int(), steps: z.int(), loss: z.number().nullable(), dollars: z.number() }),
    )
    .optional(),
})
export type RunProgress = z.infer<typeof RunProgress>

/** Everything a catalog page is rendered from: `catalog/experiments/pdf-field-extraction/<adapter>.json`. */
export const RunRecord = z.object({
  run: z.string(),
  runId: z.string(),
  adapter: z.string(),
  preset: Preset,
  ending: Ending,
  reason: z.string(),
  input: FineTuneInput,
  dataset: z.object({ digest: Digest, pairs: z.int(), families: z.int(), windows: z.int(), leak: Leak.optional() }).nullable(),
  base: z.object({ name: z.string(), digest: Digest }).nullable(),
  hyperparameters: Hyperparameters.nullable(),
  quote: Quote.nullable(),
  decision: Decision.nullable(),
  attempts: z.array(Attempt),
  dollars: z.number(),
  training: TrainResult.nullable(),
  lossCurve: z.array(z.object({ step: z.int(), loss: z.number() })),
  candidate: Digest.nullable(),
  live: Digest.nullable(),
  evaluation: Evaluation.nullable(),
  codeCommit: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
})
export type RunRecord = z.infer<typeof RunRecord>

/** What commitCatalog leaves: the branch of the run, its commit and the page in it. */
export const CatalogCommit = z.object({
  branch: z.string(),
  commit: z.string(),
  page: z.string(),
  /** Absent: no remote is configured. A page that could not be pushed is committed all the same. */
  push: z.object({ remote: z.string(), pushed: z.boolean(), message: z.string() }).optional(),
  pullRequest: z.url().optional(),
})
export type CatalogCommit = z.infer<typeof CatalogCommit>

/** Result of `fineTuneExtraction`. */
export const RunOutcome = z.object({
  run: z.string(),
  ending: Ending,
  reason: z.string(),
  candidate: Digest.nullable(),
  live: Digest.nullable(),
  dollars: z.number(),
  catalog: CatalogCommit,
})
export type RunOutcome = z.infer<typeof RunOutcome>

/** Input of the child workflow `evaluateVariants`, id `evaluate-variants/<run>`; it answers an Evaluation. */
export const EvaluateInput = z.object({
  run: z.string(),
  adapter: z.string(),
  preset: Preset,
  /** Loaded beside what is live; addressed by digest. */
  candidate: Digest,
  live: Digest.nullable(),
  base: z.object({ name: z.string(), digest: Digest }),
})
export type EvaluateInput = z.infer<typeof EvaluateInput>

/** Typed search attributes; the embedded Temporal server is started with these. */
export const SEARCH_ATTRIBUTES = {
  FormwrightStage: 'Keyword',
  FormwrightAdapter: 'Keyword',
  FormwrightDollars: 'Double',
  FormwrightOutcome: 'Keyword',
} as const
