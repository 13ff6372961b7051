import { digestOf } from '../../activities/ports/digests.js'
import type { Ending, Evaluation, Gate, Quote } from '../../contracts/index.js'
import type { PastCode } from './commit-code.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { Subject } from './subject.js'

function checkGate(gate: Gate): Finding {
  const passes = gate.value !== null && (gate.rule === 'at-least' ? gate.value >= gate.threshold : gate.value <= gate.threshold)
  const what = `gate ${gate.name}: ${gate.value} ${gate.rule} ${gate.threshold}`
  return passes === gate.passed ? holds('figures', what) : fails('figures', `${what} is said to have ${gate.passed ? 'passed' : 'failed'}`)
}

/** Figures, intervals and differences follow from the cases, published ones from their file, and the ending from the gates. */
export async function checkFigures({ evaluations, decided, entry }: Subject, code: PastCode): Promise<Finding[]> {
  const quoted = entry.quote ? checkQuote(entry.quote) : []
  if (!decided) {
    const measured = entry.ending === 'promoted' || entry.ending === 'not-promoted'
    if (measured) return [...quoted, fails('figures', `the run ended ${entry.ending} without an evaluation`)]
  }
  if (evaluations.length === 0) return quoted
  const text = await code.read('data/published-figures.json')
  if (text === null) return [fails('figures', `data/published-figures.json is not in ${entry.codeCommit}`)]
  const published: unknown = JSON.parse(text)
  const checked = await Promise.all(evaluations.map((evaluation) => checkEvaluation(evaluation, published, code)))
  return [...quoted, ...checked.flat(), ...(decided ? [checkEnding(entry.ending, decided)] : [])]
}

const checkQuote = ({ digest, ...quote }: Quote): Finding[] => [
  compare('figures', 'the plan has its digest', digestOf(quote.plan), quote.planDigest),
  compare('figures', 'the quote has its digest', digestOf(quote), digest),
]

async function checkEvaluation(evaluation: Evaluation, published: unknown, code: PastCode): Promise<Finding[]> {
  const again = await code.ask({ about: 'evaluation', evaluation, published })
  return [
    compare(
      'figures',
      `summaries of ${evaluation.summaries.length} variants follow from ${evaluation.cases.length} cases`,
      again.summaries,
      evaluation.summaries,
    ),
    compare('figures', 'differences follow from the cases', again.differences, evaluation.differences),
    compare('figures', 'the evaluation has its digest', again.digest, evaluation.digest),
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
