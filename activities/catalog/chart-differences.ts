import type { TopLevelSpec } from 'vega-lite'
import { type Figure, type Metric, METRICS } from '../../contracts/index.js'
import { STYLE } from './chart-style.js'

/**
 * One panel for each other variant, each on a scale of its own: next to an untuned base the difference to the rules
 * would not be seen. Null without differences.
 */
export function differencesSpec(differences: ({ against: string; metric: Metric } & Figure)[], whose: string): TopLevelSpec | null {
  const others = [...new Set(differences.map((d) => d.against))]
  if (others.length === 0) return null
  const values = differences.map((d) => ({
    ...d,
    value: 100 * d.value,
    low: 100 * d.low,
    high: 100 * d.high,
    zero: d.low <= 0 && d.high >= 0,
  }))
  const y = { field: 'metric', type: 'nominal', sort: [...METRICS], title: null } as const
  const color = {
    field: 'zero',
    type: 'nominal',
    scale: { domain: [true, false], range: ['#9a9a9a', '#1f6fb4'] },
    legend: null,
  } as const
  const panel = (against: string) => ({
    title: `${whose} minus ${against}`,
    width: 520,
    height: { step: 16 },
    data: { values: values.filter((d) => d.against === against) },
    layer: [
      { mark: { type: 'rule', color: '#444', strokeDash: [3, 3] }, encoding: { x: { datum: 0, type: 'quantitative' } } },
      {
        mark: { type: 'rule', strokeWidth: 2.5 },
        encoding: {
          y,
          color,
          x: { field: 'low', type: 'quantitative', title: 'percentage points; right of zero: better' },
          x2: { field: 'high' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 50, opacity: 1 },
        encoding: { y, color, x: { field: 'value', type: 'quantitative' } },
      },
    ],
  })
  return {
    ...STYLE,
    title: { text: 'Differences with 95 % intervals', subtitle: 'grey: the interval holds zero, so these forms cannot tell the two apart' },
    vconcat: others.map(panel),
  } as unknown as TopLevelSpec
}
