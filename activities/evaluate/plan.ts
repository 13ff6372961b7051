import type { EvaluateInput, Fixture, Preset, VariantId } from '../../contracts/index.js'
import { digestOf } from '../ports/digests.js'
import type { EvaluationPlan, PlannedFixture, PlannedVariant } from './types.js'

/** How many forms a preset is measured on, and whether the untuned base is; a stranger's first run has to end within minutes. */
const BREADTH: Record<Preset, { forms: number; base: boolean; api: boolean }> = {
  tiny: { forms: 2, base: false, api: false },
  quick: { forms: 4, base: true, api: true },
  full: { forms: Number.POSITIVE_INFINITY, base: true, api: true },
  'llama-3.2-3b': { forms: Number.POSITIVE_INFINITY, base: true, api: true },
  'mistral-7b': { forms: Number.POSITIVE_INFINITY, base: true, api: true },
}

export interface PlanFacts {
  fixtures: Fixture[]
  /** Digest of the extraction code: what the same adapter answers depends on it. */
  code: string
  /** Model ids by variant; empty without a key. */
  apiModels: Partial<Record<VariantId, string>>
}

export const plannedFixture = (fixture: Fixture): PlannedFixture => ({
  id: fixture.id,
  digest: digestOf(fixture),
  fields: fixture.spec.groups.reduce((sum, group) => sum + group.requirements.length, 0),
})

/** Evenly spaced over the fixtures in their order, so that a small number still meets different kinds of form. */
function spread<T>(all: T[], count: number): T[] {
  if (all.length <= count) return all
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!)
}

/** Which variants are measured on which forms. */
export function planEvaluation(input: EvaluateInput, { fixtures, code, apiModels }: PlanFacts): EvaluationPlan {
  const breadth = BREADTH[input.preset]
  const lora = (digest: string, role: 'candidate' | 'live'): PlannedVariant => ({
    variant: 'extraction/lora-v1',
    variantDigest: digest,
    role,
    provider: 'inference',
    model: digest,
  })
  const variants = [lora(input.candidate, 'candidate')]
  if (input.live && input.live !== input.candidate) variants.push(lora(input.live, 'live'))
  if (breadth.base) {
    const { name, digest } = input.base
    variants.push({ variant: `base/${name}`, variantDigest: digest, role: 'base', provider: 'inference', model: name })
  }
  const rules = 'extraction/rules-v1'
  variants.push({ variant: rules, variantDigest: digestOf({ variant: rules, code }), role: 'baseline', provider: 'local', model: null })
  if (breadth.api) {
    for (const [variant, model] of Object.entries(apiModels))
      variants.push({ variant, variantDigest: digestOf({ variant, model, code }), role: 'api', provider: 'anthropic', model })
  }
  return { fixtures: spread(fixtures, breadth.forms).map(plannedFixture), variants }
}
