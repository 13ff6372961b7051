import type { Found } from './beside.js'
import { headingAcross, type Layout, rulesAcross, widgetAcross } from './layout.js'
import { type Box, height, midX, midY, overlapX, type Phrase, type Widget, width } from './model.js'

/** Further away, print belongs to something else. */
const REACH = 44
const BELOW_REACH = 13

const sharesColumn = (w: Widget, p: Phrase): boolean => overlapX(w, p) > Math.min(0.3 * width(w), 0.5 * width(p))

/** Nearest print over a widget without another widget between; `taken` phrases caption others. */
export function aboveOf(w: Widget, layout: Layout, taken: Set<Phrase>): Found | undefined {
  const phrase = layout.captions
    .filter(
      (p) => p.base <= w.y0 + 0.45 * height(w) && midY(p) < w.y0 + 2.5 && w.y0 - p.base < REACH && sharesColumn(w, p) && !taken.has(p),
    )
    .filter((p) => !widgetAcross(w, p.base - 1, w.y0, layout) && !headingAcross(w, p.base, w.y0, layout))
    .sort((a, b) => b.base - a.base || a.x0 - b.x0)[0]
  return phrase && { phrase, gap: Math.max(0, w.y0 - phrase.base), rules: rulesAcross(w, phrase, midY(phrase), w.y0 + 2, layout) }
}

/** Print far over a widget in its ruled column, whatever stands between: the header of an irregular table. */
export function farAboveOf(w: Widget, cell: Box, layout: Layout, taken: Set<Phrase>): Phrase | undefined {
  const span = cell.x0 > 0 && cell.x1 < layout.page.width ? cell : w
  return layout.captions
    .filter((p) => p.base <= w.y0 + 2 && !taken.has(p) && midX(p) > span.x0 && midX(p) < span.x1 && width(p) < 1.3 * width(span))
    .filter((p) => !headingAcross(w, p.base, w.y0, layout))
    .sort((a, b) => b.base - a.base || a.x0 - b.x0)[0]
}

/** Print close under a widget. */
export function belowOf(w: Widget, layout: Layout, taken: Set<Phrase>): Found | undefined {
  const phrase = layout.captions
    .filter((p) => midY(p) > w.y1 - 1 && p.y0 - w.y1 < BELOW_REACH && sharesColumn(w, p) && !taken.has(p))
    .filter((p) => !widgetAcross(w, w.y1, midY(p), layout))
    .sort((a, b) => a.base - b.base || a.x0 - b.x0)[0]
  return phrase && { phrase, gap: Math.max(0, phrase.y0 - w.y1), rules: rulesAcross(w, phrase, w.y1 - 2, midY(phrase), layout) }
}
