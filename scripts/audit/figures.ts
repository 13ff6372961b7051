import { evaluationDigest, summarise } from '../../activities/evaluate/summarise.js'
import type { EvaluationPlan } from '../../activities/evaluate/types.js'
import { type Ending, type Evaluation, type Gate, PublishedFigures } from '../../contracts/index.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { PageSource } from './source.js'
import type { Subject } from './subject.js'

/** Summaries carry what a plan needs to be summarised again. */
function planOf(evaluation: Evaluation): EvaluationPlan {
  const variants = evaluation.summaries
    .filter((s) => s.source === 'measured')
    .map(({ variant, variantDigest, role }) => ({ variant, variantDigest, role: role!, provider: 'local' as const, model: null }))
  return { fixtures: evaluation.fixtures.map((fixture) => ({ ...fixture, fields: 0 })), variants }
}

function checkGate(gate: Gate): Finding {
  const passes = gate.value !== null && (gate.rule === 'at-least' ? gate.value >= gate.threshold : gate.value <= gate.threshold)
  const what = `gate ${gate.name}: ${gate.value} ${gate.rule} ${gate.threshold}`
  return passes === gate.passed ? holds('figures', what) : fails('figures', `${what} is said to have ${gate.passed ? 'passed' : 'failed'}`)
}

/** Figures, intervals and differences follow from the cases, published ones from their file, and the ending from the gates. */
export async function checkFigures(source: PageSource, subject: Subject): Promise<Finding[]> {
  const { evaluations, decided, entry } = subject
  if (!decided) {
    const measured = entry.ending === 'promoted' || entry.ending === 'not-promoted'
    if (measured) return [fails('figures', `the run ended ${entry.ending} without an evaluation`)]
  }
  if (evaluations.length === 0) return []
  const text = await source.read('data/published-figures.json')
  if (text === null) return [fails('figures', 'data/published-figures.json is missing')]
  const published = PublishedFigures.parse(JSON.parse(text))
  return [
    ...evaluations.flatMap((evaluation) => checkEvaluation(evaluation, published)),
    ...(decided ? [checkEnding(entry.ending, decided)] : []),
  ]
}

function checkEvaluation(evaluation: Evaluation, published: PublishedFigures): Finding[] {
  const again = summarise(planOf(evaluation), evaluation.cases, published)
  return [
    compare(
      'figures',
      `summaries of ${evaluation.summaries.length} variants follow from ${evaluation.cases.length} cases`,
      again.summaries,
      evaluation.summaries,
    ),
    compare('figures', 'differences follow from the cases', again.differences, evaluation.differences),
    compare('figures', 'the evaluation has its digest', evaluationDigest(evaluation), evaluation.digest),
    ...evaluation.gates.map(checkGate),
  ]
}

function checkEnding(ending: Ending, { gates }: Evaluation): Finding {
  const all = gates.length > 0 && gates.every((gate) => gate.passed)
  const follows = ending === 'promoted' ? all : ending !== 'not-promoted' || !all
  return follows
    ? holds('figures', `the ending ${ending} follows from the gates`)
    : fails('figures', `the ending ${ending} does not follow from the gates`)
}
