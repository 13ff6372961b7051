import { type Box, height, midX, midY, type PageGeometry, type Phrase, type Widget, width } from './model.js'

/** A part of a page that is printed in two columns, read one after the other. */
export interface Columns {
  x: number
  y0: number
  y1: number
}

const MIN_HEIGHT = 110
const MIN_WIDGETS = 3
/** Share of the right column's widgets on a row with one of the left: more, and it is a grid, read row by row. */
const MAX_ALIGNED = 0.6
/** Share of the right column's widgets whose caption stands in the left one: more, and it is one line of print. */
const MAX_CROSSING = 0.2

/** Finds the tallest two-column part within a box; undefined when it reads row by row. */
export function findColumns(box: Box, page: PageGeometry, phrases: Phrase[], captions: Map<Widget, Phrase[]>): Columns | undefined {
  const inside = <T extends Box>(all: T[]) =>
    all.filter((b) => midX(b) > box.x0 && midX(b) < box.x1 && midY(b) > box.y0 && midY(b) < box.y1)
  const fields = inside(page.widgets)
  const across = page.h.filter((r) => r.x1 - r.x0 > 0.7 * width(box)).map(({ x0, x1, y }) => ({ x0, x1, y0: y, y1: y }))
  const solid = [...inside(phrases), ...fields, ...inside(page.bands), ...inside(across)]
  if (fields.length < 2 * MIN_WIDGETS) return undefined
  const [low, high] = [box.x0 + 0.3 * width(box), box.x0 + 0.7 * width(box)]
  const starts = [...new Set(solid.map((b) => Math.round(b.x0 - 3)))].filter((x) => x > low && x < high)
  let best: Columns | undefined
  for (const x of starts) {
    const found = gutterAt(x, box, solid, fields, captions)
    if (found && (!best || found.y1 - found.y0 > best.y1 - best.y0)) best = found
  }
  return best
}

function gutterAt(x: number, box: Box, solid: Box[], fields: Widget[], captions: Map<Widget, Phrase[]>): Columns | undefined {
  const crossing = solid.filter((b) => b.x0 < x - 1 && b.x1 > x + 1).sort((a, b) => a.y0 - b.y0)
  const edges = [{ y0: box.y0, y1: box.y0 }, ...crossing, { y0: box.y1, y1: box.y1 }]
  for (let i = 1; i < edges.length; i++) {
    const range = { x, y0: Math.max(...edges.slice(0, i).map((e) => e.y1)), y1: edges[i]!.y0 }
    if (range.y1 - range.y0 >= MIN_HEIGHT && readsAsColumns(range, fields, captions)) return range
  }
  return undefined
}

function readsAsColumns(range: Columns, fields: Widget[], captions: Map<Widget, Phrase[]>): boolean {
  const within = fields.filter((w) => midY(w) > range.y0 && midY(w) < range.y1)
  const left = within.filter((w) => w.x1 <= range.x + 1)
  const right = within.filter((w) => w.x0 >= range.x - 1)
  if (left.length < MIN_WIDGETS || right.length < MIN_WIDGETS) return false
  const aligned = right.filter((w) => left.some((o) => Math.abs(midY(o) - midY(w)) < Math.max(3, 0.3 * height(w)))).length
  const foreign = right.filter((w) => (captions.get(w) ?? []).some((p) => p.x0 < range.x - 2)).length
  return aligned <= MAX_ALIGNED * right.length && foreign <= MAX_CROSSING * right.length
}
