import { headingAcross, type Layout, onRow, rulesAcross } from './layout.js'
import { height, isButton, midX, midY, type Phrase, type Widget } from './model.js'

/** Captions of the boxes to tick themselves. */
export interface Options {
  has(phrase: Phrase): boolean
  /** Where a box with its caption begins: at the caption when that stands on the left. */
  begins(w: Widget): number
}

/** The question that a group of boxes answers: print before the row's first box, or over the topmost box of a list. */
export function leadOf(w: Widget, layout: Layout, options: Options): Phrase | undefined {
  const top = topOfList(w, layout, options)
  return beforeRow(w, layout, options) ?? (top === w ? undefined : beforeRow(top, layout, options)) ?? overList(top, layout, options)
}

/** Print left of the row's boxes that is no box's own caption and has no other widget behind it. */
function beforeRow(w: Widget, layout: Layout, options: Options): Phrase | undefined {
  const texts = layout.captions.filter((p) => onRow(w, p) && midX(p) < w.x0 && !options.has(p)).sort((a, b) => b.x1 - a.x1)
  return texts.find((p) => !layout.page.widgets.some((o) => onRow(o, w) && !isButton(o) && o.x0 > p.x0 && o.x1 <= w.x0 + 2))
}

/** The first box of a row, then upwards through boxes that begin at the same x. */
function topOfList(w: Widget, layout: Layout, options: Options): Widget {
  const buttons = layout.page.widgets.filter(isButton)
  let top = buttons
    .filter((o) => onRow(o, w) && sameLine(o, w, layout))
    .reduce((a, b) => (options.begins(b) < options.begins(a) ? b : a), w)
  for (let i = 0; i < 60; i++) {
    const next = buttons
      .filter(
        (o) =>
          Math.abs(options.begins(o) - options.begins(top)) < 5 && o.y1 <= top.y0 + 2 && top.y0 - o.y1 < 2.6 * Math.max(8, height(top)),
      )
      .sort((a, b) => b.y1 - a.y1)[0]
    if (!next || rulesAcross(top, next, next.y1 + 2.5, top.y0 - 2.5, layout) > 0 || printBetween(next, top, layout, options)) return top
    top = next
  }
  return top
}

const sameLine = (a: Widget, b: Widget, { page }: Layout): boolean => {
  const [x0, x1] = [Math.min(a.x0, b.x0), Math.max(a.x1, b.x1)]
  return !page.v.some((r) => r.x > x0 && r.x < x1 && r.y0 <= midY(b) && r.y1 >= midY(b) && r.y1 - r.y0 > 2 * height(b))
}

/** Print between two boxes of a column that is no option of theirs begins another question. */
const printBetween = (upper: Widget, lower: Widget, layout: Layout, options: Options): boolean =>
  layout.captions.some((p) => {
    const over = p.x0 < upper.x1 + 4 && p.x1 > upper.x0
    const wrapped = layout.blockOf.get(p)?.lines.some((line) => options.has(line))
    return over && !options.has(p) && !wrapped && midY(p) > upper.y1 - 1 && midY(p) < lower.y0 + 1
  })

/** Print over the topmost box: begins left of or at the box, nothing ruled between. */
function overList(top: Widget, layout: Layout, options: Options): Phrase | undefined {
  return layout.captions
    .filter((p) => p.base <= top.y0 + 2 && top.y0 - p.base < 26 && p.x0 < top.x1 + 4 && p.x1 > top.x0 - 60 && !options.has(p))
    .filter(
      (p) =>
        !headingAcross(top, p.base, top.y0, layout) && rulesAcross(top, { ...p, x0: top.x0, x1: top.x1 }, midY(p), top.y0, layout) === 0,
    )
    .sort((a, b) => b.base - a.base || b.x0 - a.x0)[0]
}
