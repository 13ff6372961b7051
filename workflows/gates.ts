import type { Digest, Evaluation, FineTuneInput, Gate, Leak, VariantSummary } from '../contracts/index.js'
import { RunEnds } from './errors.js'

/** Everything the verdict depends on besides the thresholds. */
export interface GateFacts {
  evaluation: Evaluation
  candidate: Digest
  live: Digest | null
  serviceMemoryMiB: number | null
}

/** A missing number fails its gate: what was not measured is not promoted. */
function gate(name: string, kind: Gate['kind'], value: number | null, rule: Gate['rule'], threshold: number, detail: string): Gate {
  const passed = value !== null && (rule === 'at-least' ? value >= threshold : value <= threshold)
  return { name, kind, value, threshold, rule, passed, detail }
}

const percent = (share: number | null | undefined): string => (share == null ? 'not measured' : `${(share * 100).toFixed(1)} %`)

/** Quality and performance gates of a candidate. What was live without a measurement does not block; the first adapter has nothing to be worse than. */
export function decideGates(facts: GateFacts, thresholds: FineTuneInput['gates']): Gate[] {
  const find = (digest: Digest | null): VariantSummary | undefined =>
    facts.evaluation.summaries.find((s) => s.source === 'measured' && s.variantDigest === digest)
  const candidate = find(facts.candidate)
  const live = facts.live && facts.live !== facts.candidate ? find(facts.live) : undefined
  const recall = candidate?.metrics.recall?.value ?? null
  const liveRecall = live?.metrics.recall?.value ?? null
  const gates = [
    gate('recall', 'quality', recall, 'at-least', thresholds.minRecall, `${percent(recall)} of the gold fields found with their label`),
    gate(
      'unparseable',
      'quality',
      candidate ? candidate.unparseable : null,
      'at-most',
      thresholds.maxUnparseable,
      'windows whose answer could not be read',
    ),
    gate('errors', 'quality', candidate ? candidate.errors : null, 'at-most', 0, 'forms that could not be extracted'),
    gate(
      'p95-seconds',
      'performance',
      candidate?.p95Seconds ?? null,
      'at-most',
      thresholds.maxP95Seconds,
      'seconds for a form, 95th percentile',
    ),
    gate(
      'service-memory',
      'performance',
      facts.serviceMemoryMiB,
      'at-most',
      thresholds.maxServiceMemoryMiB,
      'MiB of the inference service with the candidate loaded',
    ),
  ]
  if (live) {
    const difference = recall !== null && liveRecall !== null ? recall - liveRecall : null
    gates.push(
      gate(
        'not-worse-than-live',
        'quality',
        difference,
        'at-least',
        -thresholds.margin,
        `${percent(recall)} against ${percent(liveRecall)} live`,
      ),
    )
  }
  return gates
}

/** The gate that a dataset has to pass before anybody is asked for money. @throws RunEnds with its numbers */
export function demandDataset({ pairs, leak }: { pairs: number; leak?: Leak }, { minTrainingPairs }: FineTuneInput['gates']): void {
  if (leak && (leak.pairs > 0 || leak.overlap > leak.allowed))
    throw new RunEnds(
      'scope-deferred',
      `Failed: leak: ${leak.pairs} training pairs give an evaluation form away, the nearest ${leak.nearest?.pair} with ${percent(leak.overlap)} of ${leak.nearest?.form}. Nothing was asked and nothing was spent`,
    )
  if (pairs >= minTrainingPairs) return
  throw new RunEnds(
    'scope-deferred',
    `Failed: dataset has ${pairs} training pairs, expected at least ${minTrainingPairs} (gates.minTrainingPairs). Nothing was asked and nothing was spent`,
  )
}

/** One sentence for the page: which gates failed, with their numbers. */
export function verdict(gates: Gate[]): string {
  const failed = gates.filter((g) => !g.passed)
  if (failed.length === 0) return `All ${gates.length} gates passed`
  return `Failed: ${failed.map((g) => `${g.name} is ${g.value === null ? 'not measured' : +g.value.toFixed(4)}, expected ${g.rule} ${g.threshold}`).join('; ')}`
}
