import type { TopLevelSpec } from 'vega-lite'
import { type CatalogEntry, METRICS } from '../../contracts/index.js'
import { candidateOf } from './entry.js'

/** What a chart shows, for those who do not see it. */
export const CHARTS = {
  differences: 'Candidate minus each other variant by metric, in percentage points with 95 % intervals',
  cost: 'Dollars against forms, the training included',
  loss: 'Training loss by step',
} as const
export type ChartName = keyof typeof CHARTS

const CONFIG = { background: 'white', config: { font: 'sans-serif', view: { stroke: null } } } as const

function differencesSpec({ evaluation }: CatalogEntry): TopLevelSpec | null {
  const values = (evaluation?.differences ?? []).map((d) => ({
    metric: d.metric,
    against: `${d.against} (${d.role})`,
    value: 100 * d.value,
    low: 100 * d.low,
    high: 100 * d.high,
  }))
  if (values.length === 0) return null
  const y = { field: 'metric', type: 'nominal', sort: [...METRICS], title: null } as const
  const yOffset = { field: 'against', type: 'nominal' } as const
  const color = { field: 'against', type: 'nominal', title: null, legend: { orient: 'top', columns: 1, labelLimit: 400 } } as const
  return {
    ...CONFIG,
    width: 520,
    height: { step: 14 },
    data: { values },
    layer: [
      { mark: { type: 'rule', color: '#888', strokeDash: [3, 3] }, encoding: { x: { datum: 0, type: 'quantitative' } } },
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { y, yOffset, color, x: { field: 'low', type: 'quantitative', title: 'percentage points' }, x2: { field: 'high' } },
      },
      { mark: { type: 'point', filled: true, size: 40 }, encoding: { y, yOffset, color, x: { field: 'value', type: 'quantitative' } } },
    ],
  }
}

function lossSpec({ lossCurve }: CatalogEntry): TopLevelSpec | null {
  if (lossCurve.length < 2) return null
  return {
    ...CONFIG,
    width: 560,
    height: 220,
    data: { values: lossCurve },
    mark: { type: 'line' },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step', axis: { tickMinStep: 1 } },
      y: { field: 'loss', type: 'quantitative', title: 'loss of the answer', scale: { zero: false } },
    },
  }
}

/** Straight lines: dollars of training, then dollars a form. Drawn to twice the latest break-even, or to 1,000 forms. */
function costSpec(entry: CatalogEntry): TopLevelSpec | null {
  const own = candidateOf(entry)
  if (!own || own.dollarsPerForm === null || entry.breakEven.length === 0) return null
  const far = Math.max(1_000, ...entry.breakEven.map((b) => 2 * (b.forms ?? 0)))
  const line = (variant: string, fixed: number, perForm: number) =>
    [0, far].map((forms) => ({ variant, forms, dollars: fixed + forms * perForm }))
  const values = [
    ...line(`${entry.adapter}, training included`, entry.dollars, own.dollarsPerForm),
    ...entry.breakEven.flatMap((b) => line(`${b.against} (${b.source})`, 0, b.savedPerForm + own.dollarsPerForm!)),
  ]
  return {
    ...CONFIG,
    width: 560,
    height: 240,
    data: { values },
    mark: { type: 'line' },
    encoding: {
      x: { field: 'forms', type: 'quantitative', title: 'forms extracted' },
      y: { field: 'dollars', type: 'quantitative', title: 'dollars' },
      color: { field: 'variant', type: 'nominal', title: null, legend: { orient: 'top', columns: 1, labelLimit: 400 } },
    },
  }
}

/** The charts that the entry has numbers for, as SVG. Equal entries give equal bytes. */
export async function renderCharts(entry: CatalogEntry): Promise<Map<ChartName, string>> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const specs = { differences: differencesSpec(entry), cost: costSpec(entry), loss: lossSpec(entry) }
  const drawn = new Map<ChartName, string>()
  for (const [name, spec] of Object.entries(specs) as [ChartName, TopLevelSpec | null][]) {
    if (!spec) continue
    // Clip ids count up over a process; its types leave this export out.
    ;(vega as unknown as { resetSVGClipId(): void }).resetSVGClipId()
    const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' })
    drawn.set(name, `${await view.toSVG()}\n`)
    view.finalize()
  }
  return drawn
}
