import type { TopLevelSpec } from 'vega-lite'
import type { CatalogEntry, SweepEntry } from '../../contracts/index.js'
import { costSpec } from './chart-cost.js'
import { differencesSpec } from './chart-differences.js'
import { lossSpec } from './chart-loss.js'

/** What a chart shows, for those who do not see it. */
export const CHARTS = {
  differences: 'Candidate minus each other variant by metric, in percentage points with 95 % intervals',
  cost: 'Dollars against forms, the training included, both on logarithmic scales',
  loss: 'Training loss by step, with its moving mean',
} as const
export type ChartName = keyof typeof CHARTS

export const SWEEP_CHARTS = {
  differences: 'The best configuration minus each other one by metric, in percentage points with 95 % intervals',
  loss: 'Moving mean of the training loss of each configuration by step',
} as const
export type SweepChartName = keyof typeof SWEEP_CHARTS

/** The charts that the entry has numbers for, as SVG. */
export const renderCharts = (entry: CatalogEntry): Promise<Map<ChartName, string>> =>
  draw({
    differences: differencesSpec(
      (entry.evaluation?.differences ?? []).map((d) => ({ ...d, against: `${d.against} (${d.role})` })),
      'Candidate',
    ),
    cost: costSpec(entry),
    loss: lossSpec([{ name: entry.adapter, curve: entry.lossCurve }]),
  })

/** The charts of a sweep. */
export const renderSweepCharts = (entry: SweepEntry): Promise<Map<SweepChartName, string>> =>
  draw({
    differences: differencesSpec(entry.differences, entry.winner ?? ''),
    loss: lossSpec(entry.configurations.map(({ name, lossCurve }) => ({ name, curve: lossCurve }))),
  })

/** Charts as SVG by their names, those without a specification left out. Equal specifications give equal bytes. */
async function draw<Name extends string>(specs: Record<Name, TopLevelSpec | null>): Promise<Map<Name, string>> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const drawn = new Map<Name, string>()
  for (const [name, spec] of Object.entries(specs) as [Name, TopLevelSpec | null][]) {
    if (!spec) continue
    // Clip ids count up over a process; its types leave this export out.
    ;(vega as unknown as { resetSVGClipId(): void }).resetSVGClipId()
    const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' })
    drawn.set(name, `${await view.toSVG()}\n`)
    view.finalize()
  }
  return drawn
}
