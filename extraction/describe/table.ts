import { inBox, type Layout, onRow } from './layout.js'
import { height, midX, midY, overlapX, type Phrase, type Widget, width } from './model.js'
import { aboveOf } from './stacked.js'

const sameColumn = (a: Widget, b: Widget): boolean => overlapX(a, b) > 0.75 * Math.max(width(a), width(b))

/** The widgets stacked without print between them, this one among them, from the top. */
function columnOf(w: Widget, layout: Layout): Widget[] {
  const column = [w]
  for (;;) {
    const next = neighbourIn(column[0]!, layout, 'up')
    if (!next) break
    column.unshift(next)
  }
  for (;;) {
    const next = neighbourIn(column.at(-1)!, layout, 'down')
    if (!next) return column
    column.push(next)
  }
}

function neighbourIn(w: Widget, layout: Layout, way: 'up' | 'down'): Widget | undefined {
  const gap = (o: Widget) => (way === 'up' ? w.y0 - o.y1 : o.y0 - w.y1)
  const next = layout.page.widgets
    .filter((o) => o !== w && gap(o) > -0.4 * height(w) && gap(o) < Math.min(80, Math.max(12, 4 * height(w))) && sameColumn(o, w))
    .filter((o) => (way === 'up' ? o.y0 < w.y0 - 1 : o.y0 > w.y0 + 1))
    .sort((a, b) => gap(a) - gap(b))[0]
  if (!next) return undefined
  const between = { x0: w.x0, x1: w.x1, y0: Math.min(w.y1, next.y1) - 1, y1: Math.max(w.y0, next.y0) + 1 }
  return layout.captions.some((p) => inBox(between, p) && !inBox(w, p) && !inBox(next, p)) ? undefined : next
}

export interface TablePlace {
  header?: Phrase
  rowHeader?: Phrase
  /** The widgets of its column, from the top. */
  column: Widget[]
}

/** Header and row header of a widget that stands in a grid; undefined when it does not. */
export function tablePlaceOf(w: Widget, layout: Layout, taken: Set<Phrase>): TablePlace | undefined {
  const column = columnOf(w, layout)
  const row = layout.page.widgets.filter((o) => onRow(o, w))
  if (column.length < 2) return undefined
  const header = headerOver(column[0]!, layout, taken)
  const first = row.reduce((a, b) => (b.x0 < a.x0 ? b : a))
  const rowHeader = layout.captions
    .filter((p) => onRow(w, p) && midX(p) < w.x0 && p.x1 <= first.x0 + 5 && !spansRows(p, column, layout))
    .sort((a, b) => a.x0 - b.x0)[0]
  return { ...(header && { header }), ...(rowHeader && { rowHeader }), column }
}

/** A paragraph beside several rows names none of them. */
export function spansRows(p: Phrase, column: Widget[], { blockOf }: Layout): boolean {
  const block = blockOf.get(p)
  return block !== undefined && column.filter((o) => midY(o) > block.y0 && midY(o) < block.y1).length > 1
}

/** A header is centred over its column or begins with it, and does not reach far beyond it. */
function headerOver(top: Widget, layout: Layout, taken: Set<Phrase>): Phrase | undefined {
  const found = aboveOf(top, layout, taken)
  if (!found) return undefined
  const block = layout.blockOf.get(found.phrase)
  const box = block ?? found.phrase
  const centred = Math.abs(midX(box) - midX(top)) < Math.max(8, 0.25 * width(top))
  const begins = Math.abs(box.x0 - top.x0) < 14
  return centred || begins || (box.x0 > top.x0 - 8 && box.x1 < top.x1 + 8) ? found.phrase : undefined
}
