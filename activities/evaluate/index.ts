import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { Fixture, PublishedFigures, VariantId } from '../../contracts/index.js'
import { PdfRefused } from '../../extraction/describe/index.js'
import type { Extractor } from '../../extraction/extractor.js'
import type { Clock } from '../ports/clock.js'
import { canonicalJson } from '../ports/digests.js'
import type { ObjectStore } from '../ports/object-store.js'
import { evaluateCase } from './case.js'
import { ProviderLimits } from './limits.js'
import { planEvaluation } from './plan.js'
import { summarise } from './summarise.js'
import type { CaseInput, EvaluateActivities } from './types.js'

export interface EvaluatePorts {
  store: ObjectStore
  fixtures: { list(): Promise<Fixture[]>; pdf(fixture: Fixture): Promise<Uint8Array> }
  /** The extractor of a planned variant, over HTTP where a model answers. */
  extractor(input: CaseInput): Promise<Extractor>
  /** Digest of the extraction code. */
  code(): Promise<string>
  published(): Promise<PublishedFigures>
  /** Model ids by variant; empty without a key. */
  apiModels: Partial<Record<VariantId, string>>
  clock: Clock
}

/** Who is asked, and what an error means: a refused PDF stays refused, and a provider that says when to come back is taken at its word. */
function failure(error: unknown): unknown {
  if (error instanceof PdfRefused) return ApplicationFailure.nonRetryable(error.message, 'PdfRefused')
  const { retryAfterMs, permanent } = error as { retryAfterMs?: number; permanent?: boolean }
  const message = error instanceof Error ? error.message : String(error)
  if (permanent) return ApplicationFailure.nonRetryable(message, 'ExtractorRefused')
  if (retryAfterMs === undefined) return error
  return ApplicationFailure.create({ message, type: 'RateLimited', nextRetryDelay: retryAfterMs })
}

/** The evaluation of what is deployed: variants × forms, each pair an activity of its own. */
export function createEvaluateActivities(ports: EvaluatePorts): EvaluateActivities {
  const limits = new ProviderLimits(ports.clock)
  const fixture = async (id: string) => {
    const found = (await ports.fixtures.list()).find((one) => one.id === id)
    if (!found) throw ApplicationFailure.nonRetryable(`The evaluation form ${id} is not here any more`, 'FixtureMissing')
    return { fixture: found, pdf: await ports.fixtures.pdf(found) }
  }
  return {
    async planEvaluation(input) {
      const [fixtures, code] = await Promise.all([ports.fixtures.list(), ports.code()])
      return planEvaluation(input, { fixtures, code, apiModels: ports.apiModels })
    },
    async evaluateCase(input) {
      const context = Context.current()
      let done = 'reading'
      const pulse = setInterval(() => context.heartbeat(done), 5_000)
      const onWindow = (at: number, of: number): void => {
        done = `${at} of ${of} windows`
        context.heartbeat(done)
      }
      try {
        const casePorts = {
          store: ports.store,
          code: await ports.code(),
          fixture,
          extractor: ports.extractor,
          turn: limits.turn.bind(limits),
        }
        return await evaluateCase(casePorts, input, { signal: context.cancellationSignal, onWindow })
      } catch (error) {
        const { retryAfterMs } = error as { retryAfterMs?: number }
        if (retryAfterMs !== undefined) limits.pause(input.variant.provider, retryAfterMs)
        throw failure(error)
      } finally {
        clearInterval(pulse)
      }
    },
    async summariseEvaluation({ plan, cases }) {
      const evaluation = summarise(plan, cases, await ports.published())
      const { digest, ...content } = evaluation
      await ports.store.create(`results/evaluations/${digest}.json`, { bytes: Buffer.from(canonicalJson(content)) })
      return evaluation
    },
  }
}
