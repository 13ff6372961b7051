import { type Layout, onRow, widgetBeside } from './layout.js'
import { midX, midY, type Phrase, type Widget } from './model.js'

/** What is printed at the parts of one date, length, number or time. */
const PART =
  /^\(?(?:month|day|year|mo|dd?|mm?|y{2,4}|yr|feet|ft|inch(?:es)?|in|area code|number|no|ext(?:ension)?|zip(?: code)?|\+ ?4|hours?|minutes?|lbs?|oz|a\.?m|p\.?m|mes|d[ií]a|a[nñ]o)\.?\)?$/i
/** Widest gap between two parts. */
const PART_GAP = 26
const LEAD_REACH = 34

export const isPart = (p: Phrase | undefined): boolean => p !== undefined && PART.test(p.text.trim())

/** What a row of parts is about: print before the first one, before its caption, or over it. */
export function leadOfParts(w: Widget, caption: Phrase, layout: Layout): Phrase | undefined {
  const first = firstOfRow(w, layout)
  const top = Math.min(caption.y0, first.y0)
  const named = layout.captions.filter((p) => !isPart(p) && p !== caption)
  const before = named.filter(
    (p) =>
      (onRow(first, p) || onRow(caption, p)) &&
      midX(p) < first.x0 &&
      first.x0 - p.x1 < 220 &&
      !widgetBeside(first, p.x1, first.x0, layout) &&
      !layout.page.widgets.some((o) => o.x1 < first.x0 && o.x0 < p.x1 && o.x1 > p.x0 && Math.abs(o.y0 - first.y0) < 4),
  )
  const over = named.filter((p) => midY(p) < top && top - p.base < LEAD_REACH && p.x0 > first.x0 - 24 && p.x0 < w.x1)
  const aligned = over.filter((p) => Math.abs(p.x0 - first.x0) < 12).sort((a, b) => b.base - a.base)[0]
  return aligned ?? before.sort((a, b) => b.x1 - a.x1)[0] ?? over.sort((a, b) => b.base - a.base || a.x0 - b.x0)[0]
}

function firstOfRow(w: Widget, { page }: Layout): Widget {
  let first = w
  for (const o of page.widgets.filter((o) => o !== w && onRow(o, w) && o.x1 <= w.x0 + 3).sort((a, b) => b.x1 - a.x1)) {
    if (first.x0 - o.x1 > PART_GAP) break
    first = o
  }
  return first
}
