import {
  type BreakEven,
  type CatalogEntry,
  type Gate,
  type Leak,
  type RunRecord,
  type VariantSummary,
  workflowIdOf,
} from '../../contracts/index.js'

export const candidateOf = (record: Pick<RunRecord, 'evaluation' | 'candidate'>): VariantSummary | undefined =>
  record.evaluation?.summaries.find((s) => s.source === 'measured' && s.role === 'candidate') ??
  record.evaluation?.summaries.find((s) => s.source === 'measured' && s.variantDigest === record.candidate)

/** Training dollars divided by the dollars saved per form, for each API variant whose price is known. */
export function breakEvens(record: RunRecord): BreakEven[] {
  const own = candidateOf(record)?.dollarsPerForm
  if (own === undefined || own === null) return []
  return record
    .evaluation!.summaries.filter((summary) => summary.role === 'api' && summary.dollarsPerForm !== null)
    .map((summary) => {
      const savedPerForm = summary.dollarsPerForm! - own
      return {
        against: summary.variant,
        source: summary.source,
        trainingDollars: record.dollars,
        savedPerForm,
        forms: savedPerForm > 0 ? Math.ceil(record.dollars / savedPerForm) : null,
      }
    })
}

/** The gates that a run has passed or failed before any money was spent. What it did not reach is left out. */
export function spendGates({
  dataset,
  quote,
  input,
}: Pick<RunRecord, 'dataset' | 'quote'> & { input: Pick<RunRecord['input'], 'budget' | 'gates'> }): Gate[] {
  const gates: Gate[] = []
  if (dataset) {
    const { minTrainingPairs } = input.gates
    gates.push({
      name: 'dataset',
      kind: 'spend',
      value: dataset.pairs,
      threshold: minTrainingPairs,
      rule: 'at-least',
      passed: dataset.pairs >= minTrainingPairs,
      detail: 'validated training pairs',
    })
    if (dataset.leak) gates.push(...leakGates(dataset.leak, dataset.windows))
  }
  if (quote) {
    gates.push({
      name: 'budget',
      kind: 'spend',
      value: quote.expectedDollars,
      threshold: input.budget.maxDollars,
      rule: 'at-most',
      passed: quote.expectedDollars <= input.budget.maxDollars,
      detail: 'dollars expected for the training',
    })
  }
  return gates
}

function leakGates({ pairs, overlap, allowed, nearest, windows }: Leak, all: number): Gate[] {
  const where = nearest ? `, ${nearest.pair} in ${nearest.form}` : ''
  return [
    {
      name: 'leak',
      kind: 'spend',
      value: pairs,
      threshold: 0,
      rule: 'at-most',
      passed: pairs === 0,
      detail: 'training pairs with the PDF of an evaluation form, or more than the allowed share of its label sequences',
    },
    {
      name: 'leak-overlap',
      kind: 'spend',
      value: overlap,
      threshold: allowed,
      rule: 'at-most',
      passed: overlap <= allowed,
      detail: `largest share of an evaluation form's four-word label sequences in one training pair${where}; ${windows} of ${all} training windows have any`,
    },
  ]
}

export const branchOf = (run: string): string => `catalog/${run}`

/** What the page's JSON holds: the record with everything that follows from it. */
export const entryOf = (record: RunRecord): CatalogEntry => ({
  ...record,
  workflowId: workflowIdOf(record.adapter),
  branch: branchOf(record.run),
  breakEven: breakEvens(record),
  spendGates: spendGates(record),
})
