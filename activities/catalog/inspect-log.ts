import { CATALOG_DIR, type CaseResult, type CatalogEntry, METRICS, type Metric, type Score } from '../../contracts/index.js'
import { shareOf } from '../../extraction/score.js'
import { candidateOf } from './entry.js'

const SCORER = 'formwright'
const TASK = 'pdf-field-extraction'

/** `inspect view --log-dir …/inspect` lists files that are named like its own only: time, task, id. */
export const inspectLogPath = ({ startedAt, runId }: Pick<CatalogEntry, 'startedAt' | 'runId'>): string =>
  `${CATALOG_DIR}/inspect/${startedAt.slice(0, 19).replaceAll(':', '-')}_${TASK}_${runId.replaceAll('-', '')}.json`

/**
 * The candidate's cases as an evaluation log of inspect_ai (version 2, JSON), which `inspect view` opens.
 * Null for a run that measured nothing.
 */
export function inspectLog(entry: CatalogEntry): string | null {
  const own = candidateOf(entry)
  if (!own || !entry.evaluation) return null
  const cases = entry.evaluation.cases.filter((c) => c.variant === own.variant && c.variantDigest === own.variantDigest)
  const model = `formwright/${entry.adapter}`
  const log = {
    version: 2,
    status: 'success',
    eval: {
      eval_id: entry.run,
      run_id: entry.runId,
      created: entry.startedAt,
      task: TASK,
      task_id: entry.run,
      task_version: 0,
      task_attribs: {},
      task_args: {},
      dataset: { name: 'evaluation-forms', samples: cases.length, sample_ids: cases.map((c) => c.fixture), shuffled: false },
      model,
      model_generate_config: { temperature: 0, seed: 0 },
      model_args: { adapter: own.variantDigest },
      config: {},
      packages: {},
      revision: { type: 'git', origin: '', commit: entry.codeCommit },
      metadata: { evaluation: entry.evaluation.digest, base: entry.base?.digest },
    },
    plan: { name: 'plan', steps: [], config: {} },
    results: {
      total_samples: cases.length,
      completed_samples: cases.filter((c) => c.error === null).length,
      scores: METRICS.map((metric) => ({
        name: metric,
        scorer: SCORER,
        params: {},
        metrics: {
          value: metricOf('value', own.metrics[metric]?.value),
          low: metricOf('low', own.metrics[metric]?.low),
          high: metricOf('high', own.metrics[metric]?.high),
        },
      })),
    },
    stats: { started_at: entry.startedAt, completed_at: entry.endedAt, model_usage: { [model]: usageOf(cases) } },
    samples: cases.map((one) => sample(one, model)),
  }
  return `${JSON.stringify(log, null, 1)}\n`
}

const usageOf = (cases: CaseResult[]) => {
  const sum = (of: (tokens: CaseResult['tokens']) => number): number => cases.reduce((total, one) => total + of(one.tokens), 0)
  const [prompt, completion] = [sum((tokens) => tokens.prompt), sum((tokens) => tokens.completion)]
  return { input_tokens: prompt, output_tokens: completion, total_tokens: prompt + completion }
}

const metricOf = (name: string, value: number | undefined) => ({ name, value: value ?? 0, params: {} })

function sample(one: CaseResult, model: string) {
  const values = Object.fromEntries(METRICS.map((metric): [Metric, number] => [metric, shareOf(metric, [one.score])]))
  const answer = summaryOf(one.score)
  return {
    id: one.fixture,
    epoch: 1,
    input: `The form ${one.fixture}`,
    target: `${one.score.gold} fields`,
    messages: [],
    output: {
      model,
      choices: [{ message: { content: answer, role: 'assistant', source: 'generate' }, stop_reason: 'stop' }],
      usage: usageOf([one]),
      time: one.seconds,
      ...(one.error ? { error: one.error } : {}),
    },
    scores: {
      [SCORER]: {
        value: values,
        answer,
        explanation: one.error ?? `${one.unparseable} windows could not be read`,
        metadata: { ...one.score, fixture: one.fixtureDigest, stored: one.stored ?? null },
      },
    },
    metadata: { fixture: one.fixtureDigest },
    store: {},
    events: [],
    model_usage: { [model]: usageOf([one]) },
    attachments: {},
    total_time: one.seconds,
  }
}

const summaryOf = (score: Score): string =>
  `${score.predicted} fields found, ${score.located} located, ${score.matched} with their label, ${score.type} of the right type, of ${score.gold}`
