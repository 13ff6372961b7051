import type { TopLevelSpec } from 'vega-lite'
import type { CatalogEntry } from '../../contracts/index.js'
import { LEGEND, STYLE } from './chart-style.js'
import { candidateOf } from './entry.js'
import { whole } from './numbers.js'

/** Drawn at least so far, and to ten times the latest break-even. */
const LEAST_FORMS = 1_000
const POINTS_A_DECADE = 8

/** Powers of ten from below the least to above the most. */
const decades = (values: number[]): number[] => {
  const [from, to] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))]
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i))
}

/** Dollars of training, then dollars a form; logarithmic, since the prices are orders of magnitude apart. */
export function costSpec(entry: CatalogEntry): TopLevelSpec | null {
  const own = candidateOf(entry)
  if (!own || own.dollarsPerForm === null || entry.breakEven.length === 0) return null
  const far = Math.max(LEAST_FORMS, ...entry.breakEven.map((b) => 10 * (b.forms ?? 0)))
  const count = Math.ceil(Math.log10(far) * POINTS_A_DECADE)
  const forms = Array.from({ length: count + 1 }, (_, i) => far ** (i / count))
  const line = (variant: string, fixed: number, perForm: number) =>
    forms.map((n) => ({ variant, forms: n, dollars: fixed + n * perForm })).filter((point) => point.dollars > 0)
  const values = [
    ...line(`${entry.adapter}, training included`, entry.dollars, own.dollarsPerForm),
    ...entry.breakEven.flatMap((b) => line(`${b.against} (${b.source})`, 0, b.savedPerForm + own.dollarsPerForm!)),
  ]
  const crossings = entry.breakEven.flatMap((b) =>
    b.forms === null
      ? []
      : [
          {
            forms: b.forms,
            dollars: entry.dollars + b.forms * own.dollarsPerForm!,
            text: `pays from ${whole(b.forms)} ${b.forms === 1 ? 'form' : 'forms'}`,
          },
        ],
  )
  const x = {
    field: 'forms',
    type: 'quantitative' as const,
    title: 'forms extracted',
    scale: { type: 'log' as const, domain: [1, far] },
    axis: { values: decades(forms) },
  }
  const y = {
    field: 'dollars',
    type: 'quantitative' as const,
    title: 'dollars in all',
    scale: { type: 'log' as const },
    axis: { values: decades(values.map((v) => v.dollars)) },
  }
  return {
    ...STYLE,
    title: { text: 'Cost against volume', subtitle: 'both axes logarithmic' },
    width: 560,
    height: 240,
    layer: [
      { data: { values }, mark: { type: 'line' }, encoding: { x, y, color: { field: 'variant', type: 'nominal', legend: LEGEND } } },
      { data: { values: crossings }, mark: { type: 'point', filled: true, size: 60, color: 'black', opacity: 1 }, encoding: { x, y } },
      {
        data: { values: crossings },
        mark: { type: 'text', align: 'left', dx: 6, dy: -10 },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  }
}
