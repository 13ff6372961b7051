import { type ContenderRecord, type Ending, SweepInput, type SweepRecord } from '../../contracts/index.js'
import { summarise } from '../evaluate/summarise.js'
import { digestOf } from '../ports/digests.js'
import { CASES, PLAN, PUBLISHED, sampleRecord } from './sample-record.js'

const [CANDIDATE] = PLAN.variants

/** An evaluation as that of the sample run, of another adapter that matched some fields more or fewer. */
function evaluationOf(digest: string, more: number) {
  const plan = { ...PLAN, variants: [{ ...CANDIDATE!, variantDigest: digest }, ...PLAN.variants.slice(1)] }
  const cases = CASES.map((one) =>
    one.variantDigest === CANDIDATE!.variantDigest
      ? { ...one, variantDigest: digest, score: { ...one.score, matched: one.score.matched + more } }
      : one,
  )
  return summarise(plan, cases, PUBLISHED)
}

/** For tests: the record of a sweep that ended so, with what such a sweep has by then. */
export function sampleSweep(ending: Ending, more: Partial<SweepRecord> = {}): SweepRecord {
  const run = sampleRecord(ending)
  const measured = run.evaluation !== null
  const [attempt] = run.attempts
  const contender = (name: string, learningRate: number, own: Partial<ContenderRecord>): ContenderRecord => ({
    name,
    run: `lora-v1-${name}-${run.runId}`,
    hyperparameters: { ...run.hyperparameters!, learningRate },
    trainTokens: 49_152,
    ending: 'not-started',
    reason: 'the sweep ended before',
    stopped: null,
    maxDollars: attempt ? 1.5 : null,
    attempts: attempt ? [attempt] : [],
    dollars: attempt ? run.dollars : 0,
    training: null,
    lossCurve: [],
    candidate: null,
    evaluation: null,
    ...own,
  })
  const trained = (name: string, recall: number): Partial<ContenderRecord> =>
    measured
      ? {
          ending: 'evaluated',
          reason: 'measured on the deployed candidate',
          training: { ...run.training!, adapter: { ...run.training!.adapter, digest: digestOf(name) } },
          lossCurve: run.lossCurve.map(({ step, loss }) => ({ step, loss: loss * (1 - recall / 100) })),
          candidate: digestOf(name),
          evaluation: evaluationOf(digestOf(name), recall),
        }
      : {}
  const stopped: Partial<ContenderRecord> = measured
    ? {
        ending: 'stopped-early',
        reason: 'after 40 % of its steps its loss was 1.200, that of low 0.900 at the same point',
        stopped: { share: 0.4, loss: 1.2, against: 'low', best: 0.9 },
        lossCurve: run.lossCurve.slice(0, 2),
      }
    : {}
  const configurations = [
    contender('low', 1e-4, trained('low', 2)),
    contender('middle', 3e-4, trained('middle', 0)),
    contender('high', 1e-3, stopped),
  ]
  if (measured) configurations[0]!.evaluation!.gates = run.evaluation!.gates
  const { hyperparameters: _, training: __, lossCurve: ___, evaluation: ____, attempts: _____, input: ______, ...common } = run
  return {
    ...common,
    input: SweepInput.parse({ configurations: configurations.map(({ name }) => ({ name })) }),
    configurations,
    winner: measured ? 'low' : null,
    candidate: measured ? digestOf('low') : null,
    live: ending === 'promoted' ? digestOf('low') : run.live,
    dollars: configurations.reduce((sum, one) => sum + one.dollars, 0),
    ...more,
  }
}
