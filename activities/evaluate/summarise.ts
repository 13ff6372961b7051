import {
  type CaseResult,
  type Difference,
  type Evaluation,
  METRICS,
  type PublishedFigures,
  type VariantSummary,
} from '../../contracts/index.js'
import { figure, pairedDifference } from '../../extraction/score.js'
import { digestOf } from '../ports/digests.js'
import type { EvaluationPlan, PlannedVariant } from './types.js'

const mean = (values: number[]): number | null => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length)

/** Nearest rank, so that it is a time that was measured. */
export function percentile(values: number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}

const casesOf = (variant: PlannedVariant, cases: CaseResult[]): CaseResult[] =>
  cases.filter((c) => c.variantDigest === variant.variantDigest && c.variant === variant.variant)

/** A form that could not be extracted counts as missed in the metrics, and is left out of times and costs. */
function measured(variant: PlannedVariant, own: CaseResult[]): VariantSummary {
  const scores = own.map((c) => c.score)
  const answered = own.filter((c) => c.error === null)
  return {
    variant: variant.variant,
    variantDigest: variant.variantDigest,
    role: variant.role,
    source: 'measured',
    scorer: 'formwright',
    forms: own.length,
    metrics: Object.fromEntries(METRICS.map((metric) => [metric, figure(metric, scores)])),
    secondsPerForm: mean(answered.map((c) => c.seconds)),
    p95Seconds: percentile(
      answered.map((c) => c.seconds),
      0.95,
    ),
    tokensPerForm: mean(answered.map((c) => c.tokens.prompt + c.tokens.completion)),
    dollarsPerForm: mean(answered.map((c) => c.dollars)),
    unparseable: own.reduce((sum, c) => sum + c.unparseable, 0),
    errors: own.length - answered.length,
    allCorrect: scores.filter((score) => score.strictAllCorrect).length,
  }
}

/** Published figures have no interval here: low and high repeat the value, and pages show the value alone. */
function published(figures: PublishedFigures, one: PublishedFigures['variants'][number]): VariantSummary {
  const metrics = Object.entries(one.metrics).map(([metric, value]) => [metric, { value, low: value, high: value }])
  const dollars = one.dollarsPerForm
    ? `; $${one.dollarsPerForm[0].toFixed(2)}–${one.dollarsPerForm[1].toFixed(2)} a form, the lower is used here`
    : ''
  return {
    variant: one.variant,
    variantDigest: 'published',
    role: 'api',
    source: 'published',
    scorer: one.scorer,
    forms: one.forms,
    metrics: Object.fromEntries(metrics),
    secondsPerForm: null,
    p95Seconds: null,
    tokensPerForm: null,
    dollarsPerForm: one.dollarsPerForm?.[0] ?? null,
    unparseable: 0,
    errors: 0,
    note: `${one.title}: published by ${figures.source}, ${figures.publishedOn}, on other forms with other scoring (${one.scorer})${dollars}`,
  }
}

/** Candidate minus each other measured variant, paired over the forms that both were measured on. */
function differences(plan: EvaluationPlan, cases: CaseResult[]): Difference[] {
  const candidate = plan.variants.find((variant) => variant.role === 'candidate')
  if (!candidate) return []
  const own = casesOf(candidate, cases)
  return plan.variants
    .filter((variant) => variant !== candidate)
    .flatMap((variant) =>
      METRICS.map((metric) => ({
        against: variant.variant,
        role: variant.role,
        metric,
        ...pairedDifference(metric, own, casesOf(variant, cases)),
      })),
    )
}

/** Digest of what was measured; gates come later and are not part of it. */
export const evaluationDigest = ({ digest: _, ...evaluation }: Evaluation): string => digestOf({ ...evaluation, gates: [] })

/** Figures with intervals, paired differences, and the published figures of what was not measured. */
export function summarise(plan: EvaluationPlan, cases: CaseResult[], figures: PublishedFigures): Evaluation {
  const own = plan.variants.map((variant) => measured(variant, casesOf(variant, cases)))
  const known = new Set(own.map((summary) => summary.variant))
  const evaluation: Evaluation = {
    fixtures: plan.fixtures.map(({ id, digest }) => ({ id, digest })),
    cases,
    summaries: [...own, ...figures.variants.filter((one) => !known.has(one.variant)).map((one) => published(figures, one))],
    differences: differences(plan, cases),
    gates: [],
  }
  return { ...evaluation, digest: evaluationDigest(evaluation) }
}
