import type { CaseResult, Digest, EvaluateInput, Evaluation, VariantRole } from '../../contracts/index.js'

/** Who answers: rate limits and the number of forms at a time are theirs. */
export type Provider = 'inference' | 'anthropic' | 'local'

export interface PlannedVariant {
  variant: string
  /** Adapter or base digest; for the others a digest of model and code. */
  variantDigest: string
  role: VariantRole
  provider: Provider
  /** What the provider knows it by; null where there is no model. */
  model: string | null
}

export interface PlannedFixture {
  id: string
  /** Of the PDF and its gold spec. */
  digest: Digest
  /** Gold fields: what a form that could not be extracted has missed. */
  fields: number
}

export interface EvaluationPlan {
  fixtures: PlannedFixture[]
  variants: PlannedVariant[]
}

export interface CaseInput {
  run: string
  variant: PlannedVariant
  fixture: PlannedFixture
}

export interface EvaluateActivities {
  planEvaluation(input: EvaluateInput): Promise<EvaluationPlan>
  /** One variant on one form, over HTTP where a model answers. A case that is stored is not asked again. */
  evaluateCase(input: CaseInput): Promise<CaseResult>
  summariseEvaluation(input: { plan: EvaluationPlan; cases: CaseResult[] }): Promise<Evaluation>
}
