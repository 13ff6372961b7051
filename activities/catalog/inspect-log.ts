import { type CaseResult, type CatalogEntry, METRICS, type Metric, type Score } from '../../contracts/index.js'
import { shareOf } from '../../extraction/score.js'
import { candidateOf } from './entry.js'

const SCORER = 'formwright'

/**
 * The candidate's cases as an evaluation log of inspect_ai (version 2, JSON), which `inspect view` opens.
 * Null for a run that measured nothing.
 */
export function inspectLog(entry: CatalogEntry): string | null {
  const own = candidateOf(entry)
  if (!own || !entry.evaluation) return null
  const cases = entry.evaluation.cases.filter((c) => c.variant === own.variant && c.variantDigest === own.variantDigest)
  const task = 'pdf-field-extraction'
  const log = {
    version: 2,
    status: 'success',
    eval: {
      eval_id: entry.run,
      run_id: entry.runId,
      created: entry.startedAt,
      task,
      task_id: entry.run,
      task_version: 0,
      task_attribs: {},
      task_args: {},
      dataset: { name: 'evaluation-forms', samples: cases.length, sample_ids: cases.map((c) => c.fixture), shuffled: false },
      model: `formwright/${entry.adapter}`,
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
    stats: { started_at: entry.startedAt, completed_at: entry.endedAt, model_usage: {} },
    samples: cases.map((one) => sample(one, entry.adapter)),
  }
  return `${JSON.stringify(log, null, 1)}\n`
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
      model: `formwright/${model}`,
      choices: [{ message: { content: answer, role: 'assistant', source: 'generate' }, stop_reason: 'stop' }],
      usage: {
        input_tokens: one.tokens.prompt,
        output_tokens: one.tokens.completion,
        total_tokens: one.tokens.prompt + one.tokens.completion,
      },
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
    model_usage: {},
    attachments: {},
    total_time: one.seconds,
  }
}

const summaryOf = (score: Score): string =>
  `${score.predicted} fields found, ${score.located} located, ${score.matched} with their label, ${score.type} of the right type, of ${score.gold}`
