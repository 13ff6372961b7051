import { type Fixture, type Leak, Pair, TrainingExample } from '../../../contracts/index.js'
import { leaksInto, MAX_OVERLAP, overlap, shinglesOf } from './overlap.js'

const StoredPair = Pair.pick({ id: true, provenance: true, spec: true })

const linesOf = (files: Map<string, Uint8Array>, path: string): unknown[] =>
  Buffer.from(files.get(path) ?? '')
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)

const labelsOf = ({ groups }: Pair['spec']): string[] => groups.flatMap((group) => group.requirements.map(({ label }) => label))

/** What a dataset, as it is stored, shares with the evaluation forms. Everything in it is measured, composed forms too. */
export function measureLeak(files: Map<string, Uint8Array>, fixtures: Fixture[]): Leak {
  const pairs = linesOf(files, 'pairs.jsonl').map((line) => StoredPair.parse(line))
  const forms = fixtures.map((fixture) => ({ id: fixture.id, shingles: shinglesOf(labelsOf(fixture.spec)) }))
  let nearest: Leak['nearest'] = null
  let most = 0
  for (const pair of pairs) {
    const own = shinglesOf(labelsOf(pair.spec))
    for (const form of forms) {
      const share = overlap(form.shingles, own)
      if (share <= most) continue
      most = share
      nearest = { pair: pair.id, form: form.id }
    }
  }
  const theirs = new Set(forms.flatMap(({ shingles }) => [...shingles]))
  const examples = linesOf(files, 'train.jsonl').map((line) => TrainingExample.parse(line))
  const windows = examples.filter(({ prompt }) => [...shinglesOf([prompt])].some((shingle) => theirs.has(shingle))).length
  return { pairs: pairs.filter((pair) => leaksInto(pair, fixtures)).length, overlap: most, allowed: MAX_OVERLAP, nearest, windows }
}
