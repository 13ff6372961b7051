import type { TopLevelSpec } from 'vega-lite'
import { LEGEND, STYLE } from './chart-style.js'

/** A step's loss is that of one batch; the mean over so many shows where it goes. */
const SHARE_OF_STEPS = 0.1

type Curve = { step: number; loss: number }[]

/** Mean over the steps just before each, fewer at the beginning. */
function moving(curve: Curve): Curve {
  const width = Math.max(3, Math.round(curve.length * SHARE_OF_STEPS))
  return curve.map(({ step }, i) => {
    const part = curve.slice(Math.max(0, i - width + 1), i + 1)
    return { step, loss: part.reduce((sum, point) => sum + point.loss, 0) / part.length }
  })
}

/** Each training's moving mean as a line; of a single one its steps as points, too. Null when nothing was trained. */
export function lossSpec(trainings: { name: string; curve: Curve }[]): TopLevelSpec | null {
  const drawn = trainings.filter(({ curve }) => curve.length >= 2)
  if (drawn.length === 0) return null
  const named = (smooth: boolean) =>
    drawn.flatMap(({ name, curve }) => (smooth ? moving(curve) : curve).map((point) => ({ name, ...point })))
  const x = { field: 'step', type: 'quantitative', title: 'step', axis: { tickMinStep: 1 } } as const
  const y = { field: 'loss', type: 'quantitative', title: 'cross-entropy of an answer token', scale: { zero: true } } as const
  const color = { field: 'name', type: 'nominal', legend: drawn.length > 1 ? LEGEND : null } as const
  const points = {
    data: { values: named(false) },
    mark: { type: 'point', filled: true, size: 12, opacity: 0.4 },
    encoding: { x, y, color },
  } as const
  return {
    ...STYLE,
    title: { text: 'Training loss', subtitle: drawn.length > 1 ? 'moving means' : 'points: each step; line: moving mean' },
    width: 560,
    height: 220,
    layer: [...(drawn.length === 1 ? [points] : []), { data: { values: named(true) }, mark: { type: 'line' }, encoding: { x, y, color } }],
  }
}
