import { type CatalogEntry, type Gate, type Metric, METRICS, type VariantSummary } from '../../contracts/index.js'
import { candidateOf } from './entry.js'
import { code, plain, section, table } from './markdown.js'
import { bareShare, dollars, NOT_MEASURED, points, seconds, share, whole } from './numbers.js'

const ROLES: Record<NonNullable<VariantSummary['role']>, string> = {
  candidate: 'candidate',
  live: 'live before',
  base: 'untuned base, same grammar',
  baseline: 'no model',
  api: 'API',
}

const nameOf = (summary: VariantSummary): string =>
  `${code(summary.variant)}${summary.role ? ` (${summary.source === 'published' ? '**published elsewhere**' : ROLES[summary.role]})` : ''}`

const SHOWN: readonly Metric[] = METRICS

/** Every variant's metrics; published figures stand apart, never beside measured ones. */
export function results(entry: CatalogEntry): string | null {
  if (!entry.evaluation) return null
  const { summaries, fixtures } = entry.evaluation
  const own = summaries.filter((s) => s.source === 'measured')
  const others = summaries.filter((s) => s.source === 'published')
  const measured = table(
    ['Variant', ...SHOWN, 'All correct', 'Unparseable', 'Errors'],
    own.map((s) => [
      nameOf(s),
      ...SHOWN.map((metric) => share(s.metrics[metric])),
      s.allCorrect === undefined ? NOT_MEASURED : `${s.allCorrect} of ${s.forms}`,
      String(s.unparseable),
      String(s.errors),
    ]),
  )
  const forms = fixtures.length === 0 ? '' : `: ${fixtures.map((fixture) => plain(fixture.id)).join(', ')}`
  return section(
    'Results',
    `Measured on the deployed candidate over HTTP, by digest, on ${fixtures.length} forms that are in no training data${forms}. Shares with 95 % bootstrap intervals over forms; [_suite.md](_suite.md) says how they are counted.`,
    measured,
    others.length === 0 ? null : published(others),
  )
}

function published(summaries: VariantSummary[]): string {
  const rows = summaries.map((s) => [
    nameOf(s),
    s.scorer,
    String(s.forms),
    ...SHOWN.map((metric) => bareShare(s.metrics[metric])),
    dollars(s.dollarsPerForm),
  ])
  const notes = summaries.flatMap((s) => (s.note ? [`- ${plain(s.note)}`] : []))
  return [
    '### Published elsewhere, not measured here',
    table(['Variant', 'Scorer', 'Forms', ...SHOWN, 'Dollars a form'], rows),
    notes.join('\n'),
  ].join('\n\n')
}

/** The candidate against each other measured variant, paired over forms. */
export function differences(entry: CatalogEntry, chart: string | null): string | null {
  const all = entry.evaluation?.differences ?? []
  if (all.length === 0) return null
  const against = [...new Map(all.map((d) => [`${d.against} ${d.role}`, d])).values()]
  const rows = against.map((one) => [
    `${code(one.against)} (${ROLES[one.role]})`,
    ...SHOWN.map((metric) => {
      const found = all.find((d) => d.against === one.against && d.role === one.role && d.metric === metric)
      return found ? points(found) : NOT_MEASURED
    }),
  ])
  return section(
    'Differences',
    'Candidate minus the other, in percentage points, paired over the same forms, with 95 % intervals. An interval that holds zero says that these forms cannot tell the two apart.',
    table(['Against', ...SHOWN], rows),
    chart,
  )
}

/** Seconds, tokens, dollars, and the volume from which the training has paid for itself. */
export function costs(entry: CatalogEntry, chart: string | null): string | null {
  if (!entry.evaluation) return null
  const own = entry.evaluation.summaries.filter((s) => s.source === 'measured')
  const perForm = table(
    ['Variant', 'Seconds', 'p95', 'Tokens', 'Dollars'],
    own.map((s) => [nameOf(s), seconds(s.secondsPerForm), seconds(s.p95Seconds), whole(s.tokensPerForm), dollars(s.dollarsPerForm)]),
  )
  const few = own[0] && own[0].forms < 20 ? `With ${own[0].forms} forms the p95 is the slowest of them.` : null
  return section('Cost per extraction', perForm, few, ...breakEven(entry), chart)
}

/** From which volume the training has paid for itself, or why that cannot be said. */
function breakEven(entry: CatalogEntry): (string | null)[] {
  const rows = entry.breakEven.map((b) => [
    `${code(b.against)} (${b.source})`,
    dollars(b.trainingDollars),
    dollars(b.savedPerForm),
    b.forms === null ? 'never: nothing is saved per form' : `${whole(b.forms)} ${b.forms === 1 ? 'form' : 'forms'}`,
  ])
  const unpriced = entry.evaluation!.summaries.filter((s) => s.role === 'api' && s.dollarsPerForm === null).map((s) => code(s.variant))
  return [
    '### Break-even volume',
    rows.length === 0
      ? 'No break-even volume: no API variant with a known price was measured or published.'
      : table(['Against', 'Training', 'Saved a form', 'Pays for itself after'], rows),
    rows.length === 0
      ? null
      : `Training dollars divided by dollars saved per form. It compares prices only: what each finds is above.${entry.quote?.plan.initFrom ? ' The adapter that this training continued from was paid for before, and is not counted.' : ''}`,
    unpriced.length === 0
      ? null
      : `No price is known of ${unpriced.join(', ')}, so there is no break-even against ${unpriced.length === 1 ? 'it' : 'them'}.`,
  ]
}

const KINDS: Record<Gate['kind'], string> = { spend: 'before spending', quality: 'quality', performance: 'performance' }

/** Each gate with its number, threshold and verdict. */
export function gates(entry: Pick<CatalogEntry, 'spendGates' | 'evaluation' | 'candidate'>): string | null {
  const all = [...entry.spendGates, ...(entry.evaluation?.gates ?? [])]
  if (all.length === 0) return null
  const rows = all.map((g) => [
    plain(g.name),
    KINDS[g.kind],
    g.value === null ? 'not measured' : String(+g.value.toFixed(4)),
    `${g.rule.replace('-', ' ')} ${+g.threshold.toFixed(4)}`,
    g.passed ? 'passed' : '**failed**',
    plain(g.detail),
  ])
  const own = candidateOf(entry) ? null : 'The gates before traffic were not reached.'
  return section('Gates', table(['Gate', 'Kind', 'Value', 'Threshold', 'Verdict', 'What it is'], rows), own)
}
