import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { EvaluateActivities, PlannedFixture, PlannedVariant, Provider } from '../activities/evaluate/types.js'
import type { CaseResult, EvaluateInput, Evaluation } from '../contracts/index.js'
import { plainMessage } from './errors.js'
import { inLanes } from './lanes.js'

const { planEvaluation, summariseEvaluation } = proxyActivities<Pick<EvaluateActivities, 'planEvaluation' | 'summariseEvaluation'>>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1s', maximumInterval: '15s', maximumAttempts: 10 },
})

/** A provider's Retry-After replaces the interval of the next try. */
const { evaluateCase } = proxyActivities<Pick<EvaluateActivities, 'evaluateCase'>>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout: '30s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '2s', maximumInterval: '30s', maximumAttempts: 10 },
})

/** Forms at a time. One for the inference service: seconds are those of a person who extracts one form. */
const LANES: Record<Provider, number> = { inference: 1, local: 1, anthropic: 2 }

interface Pair {
  variant: PlannedVariant
  fixture: PlannedFixture
}

/** Measures every variant on every form; providers side by side, each in as many lanes as it takes. */
export async function evaluateVariants(input: EvaluateInput): Promise<Evaluation> {
  const plan = await planEvaluation.executeWithOptions({ summary: 'Which variants on which forms' }, [input])
  const pairs = plan.variants.flatMap((variant) => plan.fixtures.map((fixture): Pair => ({ variant, fixture })))
  const lanes = Object.entries(LANES).map(([provider, width]) =>
    inLanes(
      pairs.filter((pair) => pair.variant.provider === provider),
      width,
      (pair) => measure(input.run, pair),
    ),
  )
  const cases = (await Promise.all(lanes)).flat()
  return summariseEvaluation.executeWithOptions({ summary: `Figures of ${cases.length} cases` }, [{ plan, cases }])
}

/** A pair that fails for good is a case with an error: every gold field missed. */
async function measure(run: string, { variant, fixture }: Pair): Promise<CaseResult> {
  try {
    return await evaluateCase.executeWithOptions({ summary: `${variant.role} on ${fixture.id}` }, [{ run, variant, fixture }])
  } catch (error) {
    if (isCancellation(error)) throw error
    return failedCase(variant, fixture, plainMessage(error))
  }
}

function failedCase(variant: PlannedVariant, fixture: PlannedFixture, error: string): CaseResult {
  const none = { predicted: 0, located: 0, matched: 0, type: 0, sensitivity: 0, required: 0, group: 0, strict: 0 }
  return {
    variant: variant.variant,
    variantDigest: variant.variantDigest,
    fixture: fixture.id,
    fixtureDigest: fixture.digest,
    score: { gold: fixture.fields, ...none, strictAllCorrect: false },
    seconds: 0,
    tokens: { prompt: 0, completion: 0 },
    dollars: 0,
    unparseable: 0,
    error,
  }
}
