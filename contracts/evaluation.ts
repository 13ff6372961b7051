import { z } from 'zod'
import { Digest } from './digest.js'
import { DataCollectionSpec, FieldMapping } from './spec.js'

/** A form with its gold spec, outside the training data. */
export const Fixture = z.object({
  id: z.string(),
  pdf: z.string(),
  pdfDigest: Digest,
  spec: DataCollectionSpec,
  fieldMapping: FieldMapping,
})
export type Fixture = z.infer<typeof Fixture>

/** Counts of one form; shares are made from sums of these. */
export const Score = z.object({
  gold: z.int(),
  predicted: z.int(),
  /** Widgets overlap (or paper-only by label). */
  located: z.int(),
  /** Located and the label agrees. */
  matched: z.int(),
  type: z.int(),
  sensitivity: z.int(),
  required: z.int(),
  group: z.int(),
  strict: z.int(),
  strictAllCorrect: z.boolean(),
})
export type Score = z.infer<typeof Score>

export const CaseResult = z.object({
  variant: z.string(),
  variantDigest: z.string(),
  fixture: z.string(),
  fixtureDigest: Digest,
  score: Score,
  seconds: z.number(),
  tokens: z.object({ prompt: z.int(), completion: z.int() }),
  dollars: z.number(),
  unparseable: z.int(),
  error: z.string().nullable(),
  /** Object that holds this case with the extraction it was scored from; absent when nothing was stored. */
  stored: z.object({ key: z.string(), sha256: Digest }).optional(),
})
export type CaseResult = z.infer<typeof CaseResult>

/** A share with its 95 % bootstrap interval over forms. */
export const Figure = z.object({ value: z.number(), low: z.number(), high: z.number() })
export type Figure = z.infer<typeof Figure>

export const METRICS = ['recall', 'precision', 'located', 'type', 'group', 'sensitivity', 'required', 'strict'] as const
export const Metric = z.enum(METRICS)
export type Metric = z.infer<typeof Metric>

/** What a variant stands for in a run: two digests of one variant differ by it. */
export const VariantRole = z.enum(['candidate', 'live', 'base', 'baseline', 'api'])
export type VariantRole = z.infer<typeof VariantRole>

export const VariantSummary = z.object({
  variant: z.string(),
  variantDigest: z.string(),
  role: VariantRole.optional(),
  /** `published`: figures of others, with other scoring. */
  source: z.enum(['measured', 'published']),
  scorer: z.string(),
  forms: z.int(),
  metrics: z.partialRecord(Metric, Figure),
  secondsPerForm: z.number().nullable(),
  p95Seconds: z.number().nullable(),
  tokensPerForm: z.number().nullable(),
  dollarsPerForm: z.number().nullable(),
  unparseable: z.int(),
  errors: z.int(),
  /** Forms of which every field is right, of all forms. */
  allCorrect: z.int().optional(),
  /** Of published figures: where they stand and how they differ from ours. */
  note: z.string().optional(),
})
export type VariantSummary = z.infer<typeof VariantSummary>

/** Metric of the candidate minus that of another variant, over the same forms. */
export const Difference = z.object({ against: z.string(), role: VariantRole, metric: Metric, ...Figure.shape })
export type Difference = z.infer<typeof Difference>

export const Gate = z.object({
  name: z.string(),
  kind: z.enum(['spend', 'quality', 'performance']),
  value: z.number().nullable(),
  threshold: z.number(),
  rule: z.enum(['at-least', 'at-most']),
  passed: z.boolean(),
  detail: z.string(),
})
export type Gate = z.infer<typeof Gate>

export const Evaluation = z.object({
  digest: Digest.optional(),
  fixtures: z.array(z.object({ id: z.string(), digest: Digest })),
  cases: z.array(CaseResult),
  summaries: z.array(VariantSummary),
  differences: z.array(Difference).optional(),
  gates: z.array(Gate),
})
export type Evaluation = z.infer<typeof Evaluation>

/** What `bench:quality` measured of one variant. */
export const VariantQuality = z.object({
  variant: z.string(),
  adapter: Digest.nullable(),
  /** Authored forms of held-out families. */
  heldOut: z.object({ forms: z.int(), metrics: z.record(Metric, Figure), strictAllCorrect: z.int() }).nullable(),
  /** Real forms: the share of widgets whose label agrees with their hidden tooltip. */
  realForms: z.object({ forms: z.int(), widgets: z.int(), agree: Figure }).nullable(),
  unparseable: z.int(),
  secondsPerForm: z.number(),
  tokensPerForm: z.number(),
})
export type VariantQuality = z.infer<typeof VariantQuality>

/** `bench:quality --out`. */
export const QualityReport = z.object({ at: z.iso.datetime(), machine: z.string(), reports: z.array(VariantQuality) })
export type QualityReport = z.infer<typeof QualityReport>
