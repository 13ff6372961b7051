import type { CaseResult, CatalogEntry, VariantSummary } from '../../contracts/index.js'
import { shareOf } from '../../extraction/score.js'
import { candidateOf } from './entry.js'
import { code, section, table } from './markdown.js'
import { seconds } from './numbers.js'

type Measured = Pick<CatalogEntry, 'evaluation' | 'candidate'>

const casesOf = ({ evaluation }: Measured, summary: VariantSummary | undefined): CaseResult[] =>
  summary ? evaluation!.cases.filter((one) => one.variant === summary.variant && one.variantDigest === summary.variantDigest) : []
const baselineOf = ({ evaluation }: Measured): VariantSummary | undefined =>
  evaluation?.summaries.find((s) => s.source === 'measured' && s.role === 'baseline')
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The candidate form by form, beside what no model would have done. */
export function byForm(entry: Measured): string | null {
  const own = casesOf(entry, candidateOf(entry))
  if (own.length === 0) return null
  const baseline = new Map(casesOf(entry, baselineOf(entry)).map((one) => [one.fixtureDigest, one.score]))
  const rows = own.map(({ fixture, fixtureDigest, score, seconds: took, error }) => {
    const other = baseline.get(fixtureDigest)
    return [
      code(fixture),
      String(score.gold),
      error ? `failed: ${percent(0)}` : percent(shareOf('recall', [score])),
      other ? percent(shareOf('recall', [other])) : '–',
      ...(['precision', 'type', 'group', 'sensitivity'] as const).map((metric) => percent(shareOf(metric, [score]))),
      seconds(took),
    ]
  })
  return section(
    'Form by form',
    table(['Form', 'Gold fields', 'recall', 'recall without a model', 'precision', 'type', 'group', 'sensitivity', 'Seconds'], rows),
  )
}

/** What the numbers say against the candidate: each line only when it holds. */
export function limits(entry: Measured): string | null {
  const own = candidateOf(entry)
  const cases = casesOf(entry, own)
  if (!own || cases.length === 0) return null
  const gold = cases.reduce((sum, one) => sum + one.score.gold, 0)
  const missed = gold - cases.reduce((sum, one) => sum + one.score.matched, 0)
  const worst = [...cases].sort((a, b) => shareOf('recall', [a.score]) - shareOf('recall', [b.score]))[0]!
  const lines = [
    missed > 0 &&
      `${missed} of ${gold} gold fields were not found with their label; the worst form is ${code(worst.fixture)} with a recall of ${percent(shareOf('recall', [worst.score]))}.`,
    own.allCorrect !== undefined && own.allCorrect < own.forms && `${own.allCorrect} of ${own.forms} forms are right in every field.`,
    own.errors > 0 && `${own.errors} forms could not be extracted.`,
    own.unparseable > 0 && `${own.unparseable} windows had an answer that could not be read.`,
    ...againstBaseline(entry, own),
  ].filter((line) => line !== false)
  return section(
    'What does not work yet',
    lines.length === 0 ? 'Nothing that these forms would show.' : lines.map((line) => `- ${line}`).join('\n'),
  )
}

function againstBaseline(entry: Measured, own: VariantSummary): (string | false)[] {
  const rules = baselineOf(entry)
  const differences = (entry.evaluation?.differences ?? []).filter((d) => d.role === 'baseline')
  if (!rules || differences.length === 0) return []
  const names = (holds: (d: (typeof differences)[number]) => boolean): string =>
    differences
      .filter(holds)
      .map((d) => d.metric)
      .join(', ')
  const worse = names((d) => d.high < 0)
  const same = names((d) => d.low <= 0 && d.high >= 0)
  const slower = own.secondsPerForm !== null && rules.secondsPerForm !== null && own.secondsPerForm > rules.secondsPerForm
  return [
    worse !== '' && `Worse than ${code(rules.variant)}, which has no model: ${worse}.`,
    same !== '' && `These ${own.forms} forms cannot tell it from ${code(rules.variant)} in ${same}.`,
    slower && `It takes ${seconds(own.secondsPerForm)} for a form, ${code(rules.variant)} ${seconds(rules.secondsPerForm)}.`,
  ]
}
