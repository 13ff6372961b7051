import { cellOf, headingAcross, inBox, type Layout, onRow } from './layout.js'
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
  const beyond = (o: Widget) => (way === 'up' ? o.y0 < w.y0 - 1 : o.y0 > w.y0 + 1)
  const farthest = Math.max(MAX_CELL_REACH, boxReach(w))
  const next = layout.page.widgets
    .filter((o) => o !== w && gap(o) > -0.4 * height(w) && gap(o) < farthest && sameColumn(o, w) && beyond(o))
    .sort((a, b) => gap(a) - gap(b))
    // One by one, since it looks at every rule of the page.
    .find((o) => gap(o) < reach(o, w, layout))
  if (!next || headingAcross(w, Math.min(w.y0, next.y0), Math.max(w.y0, next.y0), layout)) return undefined
  const between = { x0: w.x0, x1: w.x1, y0: Math.min(w.y1, next.y1) - 1, y1: Math.max(w.y0, next.y0) + 1 }
  return layout.captions.some((p) => inBox(between, p) && !inBox(w, p) && !inBox(next, p)) ? undefined : next
}

/** Cells of one ruled column may be tall; other boxes of a column stand close. */
function reach(a: Widget, b: Widget, layout: Layout): number {
  const [one, other] = [cellOf(a, layout), cellOf(b, layout)]
  const ruled = one.x0 > 0 && Math.abs(one.x0 - other.x0) < 2 && Math.abs(one.x1 - other.x1) < 2
  return ruled ? Math.min(MAX_CELL_REACH, Math.max(12, 4 * height(b))) : boxReach(b)
}

const MAX_CELL_REACH = 80
const boxReach = (w: Widget): number => Math.max(12, 0.9 * height(w))

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

/** Farthest header over its column's first row. */
const HEADER_REACH = 40

/** A header is centred over its column, begins with it, or stands in the ruled cell over it. */
export function headerOver(top: Widget, layout: Layout, taken: Set<Phrase>): Phrase | undefined {
  const found = aboveOf(top, layout, taken)
  const box = found && (layout.blockOf.get(found.phrase) ?? found.phrase)
  if (!box) return headerCellOver(top, layout, taken)
  const centred = Math.abs(midX(box) - midX(top)) < Math.max(8, 0.25 * width(top))
  const begins = Math.abs(box.x0 - top.x0) < 14
  return centred || begins || (box.x0 > top.x0 - 8 && box.x1 < top.x1 + 8) ? found.phrase : headerCellOver(top, layout, taken)
}

/** A header whose own ruled cell spans the column, for a box too small to stand under its words. */
function headerCellOver(top: Widget, layout: Layout, taken: Set<Phrase>): Phrase | undefined {
  return (
    layout.captions
      .filter((p) => p.base < top.y0 + 2 && top.y0 - p.base < HEADER_REACH && !taken.has(p) && !headingAcross(top, p.base, top.y0, layout))
      .filter((p) => {
        const [x0, x1] = ruledSpan(p, layout)
        return x1 - x0 < 0.6 * layout.page.width && midX(top) > x0 && midX(top) < x1
      })
      .sort((a, b) => b.base - a.base)[0] ?? headerInRow(top, layout, taken)
  )
}

/** The header whose stretch of an unruled header row reaches over the column. */
function headerInRow(top: Widget, layout: Layout, taken: Set<Phrase>): Phrase | undefined {
  const over = layout.captions.filter(
    (p) => p.base < top.y0 + 2 && top.y0 - p.base < HEADER_REACH / 2 && !taken.has(p) && !headingAcross(top, p.base, top.y0, layout),
  )
  const last = over.sort((a, b) => b.base - a.base)[0]
  const row = over.filter((p) => last && Math.abs(p.base - last.base) < 2).sort((a, b) => a.x0 - b.x0)
  if (row.length < 2) return undefined
  return row.findLast((p, i) => p.x0 - 8 <= midX(top) && midX(top) < (row[i + 1]?.x0 ?? p.x1 + 90))
}

/** Does the header stand in a row of headers? */
export function inHeaderRow(header: Phrase, layout: Layout): boolean {
  const box = layout.blockOf.get(header) ?? header
  return layout.blocks.some(
    (b) => b !== box && Math.abs(b.y1 - box.y1) < 14 && (b.x0 > box.x1 || b.x1 < box.x0) && layout.captions.includes(b.lines[0]!),
  )
}

function ruledSpan(p: Phrase, { page }: Layout): [number, number] {
  const beside = page.v.filter((r) => r.y0 <= midY(p) && r.y1 >= midY(p)).map((r) => r.x)
  return [Math.max(0, ...beside.filter((x) => x <= p.x0 + 1)), Math.min(page.width, ...beside.filter((x) => x >= p.x1 - 1))]
}
