import { z } from 'zod'
import { Digest } from './digest.js'
import { Evaluation, Figure, Gate, Metric } from './evaluation.js'
import { Attempt, FineTuneInput, RunRecord } from './run.js'
import { Hyperparameters, TrainResult } from './training.js'

export const SWEEP_WORKFLOW_TYPE = 'sweepFineTune'

/** One of the trainings that a sweep compares: what it has other than the preset. */
export const SweepConfiguration = z
  .object({
    name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected kebab-case, such as rank-16'),
    hyperparameters: Hyperparameters.partial().default({}),
    initFrom: FineTuneInput.shape.initFrom,
  })
  .strict()
export type SweepConfiguration = z.infer<typeof SweepConfiguration>

/** Input of `sweepFineTune`. Budget, approval and gates are those of the whole sweep. */
export const SweepInput = FineTuneInput.omit({ hyperparameters: true, initFrom: true })
  .extend({
    configurations: z
      .array(SweepConfiguration)
      .min(2)
      .max(8)
      .refine((all) => new Set(all.map((one) => one.name)).size === all.length, 'expected names that differ'),
    /** Trainings at a time. */
    atOnce: z.int().min(1).max(8).default(2),
    /** A training is stopped when its loss is so much above another's at the same share of their steps. */
    earlyStop: z
      .object({ afterShare: z.number().min(0.05).max(1).default(0.3), margin: z.number().positive().default(0.05) })
      .strict()
      .prefault({}),
  })
  .strict()
export type SweepInput = z.infer<typeof SweepInput>
export type SweepInputRaw = z.input<typeof SweepInput>

/** Why a training was stopped early: both losses are means over the same part of the way. */
export const EarlyStop = z.object({ share: z.number(), loss: z.number(), against: z.string(), best: z.number() })
export type EarlyStop = z.infer<typeof EarlyStop>

export const CONTENDER_ENDINGS = ['evaluated', 'stopped-early', 'capped', 'failed', 'cancelled', 'not-started'] as const

/** What became of one configuration. */
export const ContenderRecord = z.object({
  name: z.string(),
  /** Run name of its training and evaluation. */
  run: z.string(),
  hyperparameters: Hyperparameters,
  initFrom: Digest.optional(),
  trainTokens: z.int(),
  ending: z.enum(CONTENDER_ENDINGS),
  reason: z.string(),
  stopped: EarlyStop.nullable(),
  /** Its part of the approved dollars; null: it was not started. */
  maxDollars: z.number().nullable(),
  attempts: z.array(Attempt),
  dollars: z.number(),
  training: TrainResult.nullable(),
  lossCurve: z.array(z.object({ step: z.int(), loss: z.number() })),
  candidate: Digest.nullable(),
  evaluation: Evaluation.nullable(),
})
export type ContenderRecord = z.infer<typeof ContenderRecord>

/** Everything a sweep's page is rendered from: `catalog/experiments/pdf-field-extraction/<adapter>-sweep.json`. */
export const SweepRecord = RunRecord.pick({
  run: true,
  runId: true,
  adapter: true,
  preset: true,
  ending: true,
  reason: true,
  dataset: true,
  base: true,
  quote: true,
  decision: true,
  dollars: true,
  candidate: true,
  live: true,
  codeCommit: true,
  startedAt: true,
  endedAt: true,
}).extend({
  input: SweepInput,
  configurations: z.array(ContenderRecord),
  /** Name of the best configuration that was evaluated; promoted only when its gates passed. */
  winner: z.string().nullable(),
})
export type SweepRecord = z.infer<typeof SweepRecord>

/** A metric of the winner minus that of another configuration, over the same forms. */
export const ContenderDifference = z.object({ against: z.string(), metric: Metric, ...Figure.shape })
export type ContenderDifference = z.infer<typeof ContenderDifference>

/** `<adapter>-sweep.json`: the record with everything that follows from it. */
export const SweepEntry = SweepRecord.extend({
  workflowId: z.string(),
  branch: z.string(),
  spendGates: z.array(Gate),
  differences: z.array(ContenderDifference),
})
export type SweepEntry = z.infer<typeof SweepEntry>
