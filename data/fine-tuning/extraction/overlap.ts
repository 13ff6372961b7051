import type { Fixture, Pair } from '../../../contracts/index.js'

/** Words of one shingle, and the share of a fixture's shingles in one pair from which on it counts as the same form. */
const SHINGLE = 4
export const MAX_OVERLAP = 0.5

/** Label texts of a spec as word shingles: what a model could have learnt by heart. */
export function shinglesOf(labels: string[]): Set<string> {
  const words =
    labels
      .join(' ')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  const shingles = new Set<string>()
  for (let i = 0; i + SHINGLE <= words.length; i++) shingles.add(words.slice(i, i + SHINGLE).join(' '))
  return shingles
}

const labelsOf = (spec: Pair['spec']): string[] => spec.groups.flatMap((g) => g.requirements.map((r) => r.label))

/** Share of `of`'s shingles that occur in `inside`, 0–1. */
export function overlap(of: Set<string>, inside: Set<string>): number {
  if (of.size === 0) return 0
  let hits = 0
  for (const shingle of of) if (inside.has(shingle)) hits++
  return hits / of.size
}

/** The evaluation fixture that a pair gives away: same PDF, or more than {@link MAX_OVERLAP} of its label shingles. */
export function leaksInto(pair: Pick<Pair, 'provenance' | 'spec'>, fixtures: Fixture[]): Fixture | undefined {
  const own = shinglesOf(labelsOf(pair.spec))
  return fixtures.find((f) => f.pdfDigest === pair.provenance.pdf || overlap(shinglesOf(labelsOf(f.spec)), own) > MAX_OVERLAP)
}
