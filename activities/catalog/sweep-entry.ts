import {
  CATALOG_DIR,
  type ContenderDifference,
  type ContenderRecord,
  METRICS,
  type SweepEntry,
  type SweepRecord,
  type VariantSummary,
  workflowIdOf,
} from '../../contracts/index.js'
import { pairedDifference } from '../../extraction/score.js'
import { branchOf, candidateOf, spendGates } from './entry.js'

export const sweepPageOf = (adapter: string): string => `${CATALOG_DIR}/${adapter}-sweep.md`

/** What the deployed adapter of a configuration was measured with; undefined when it was not. */
export const measuredOf = (one: ContenderRecord): VariantSummary | undefined => candidateOf(one)

export const winnerOf = ({ configurations, winner }: Pick<SweepRecord, 'configurations' | 'winner'>): ContenderRecord | undefined =>
  configurations.find((one) => one.name === winner)

const casesOf = (one: ContenderRecord) =>
  one.evaluation?.cases.filter((c) => c.variantDigest === one.candidate && c.variant === measuredOf(one)?.variant) ?? []

/** The winner minus each other configuration that was measured, paired over the forms. */
function differences(record: SweepRecord): ContenderDifference[] {
  const winner = winnerOf(record)
  if (!winner) return []
  const others = record.configurations.filter((one) => one !== winner && one.evaluation)
  return others.flatMap((one) =>
    METRICS.map((metric) => ({ against: one.name, metric, ...pairedDifference(metric, casesOf(winner), casesOf(one)) })),
  )
}

/** What the page's JSON holds: the record with everything that follows from it. */
export const sweepEntryOf = (record: SweepRecord): SweepEntry => ({
  ...record,
  workflowId: workflowIdOf(record.adapter),
  branch: branchOf(record.run),
  spendGates: spendGates(record),
  differences: differences(record),
})
