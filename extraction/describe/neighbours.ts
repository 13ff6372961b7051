import type { Neighbours } from '../../contracts/description.js'
import { type Found, insideOf, leftOf, lineStartOf, rightOf } from './beside.js'
import { unitSign } from './amounts.js'
import { asNeighbour, cellOf, inBox, type Layout, onRow, textOf } from './layout.js'
import { leadOf, type Options } from './lead.js'
import { type Box, isButton, midY, type Phrase, type Widget } from './model.js'
import { isPart, leadOfParts } from './parts.js'
import { aboveOf, belowOf, farAboveOf } from './stacked.js'
import { headerOver, inHeaderRow, spansRows, type TablePlace, tablePlaceOf } from './table.js'

/** Closer than this, print beside a widget is its caption. */
const ADJACENT = 14
const UNIT_REACH = 24

export interface Around {
  neighbours: Neighbours
  /** Print that belongs to this widget, so neither to another one nor to a section. */
  captions: Phrase[]
}

/** Finds the text around every widget of a page. */
export function neighboursOfPage(layout: Layout): Map<Widget, Around> {
  const buttons = layout.page.widgets.filter(isButton)
  const captionOf = new Map(buttons.map((w) => [w, optionCaption(w, layout)?.phrase] as const))
  const inline = new Set([...captionOf.values()].filter((p) => p !== undefined))
  const options: Options = {
    has: (p) => optionCaptions.has(p),
    begins: (w) => Math.min(w.x0, captionOf.get(w)?.x0 ?? w.x0),
  }
  const optionCaptions = new Set(inline)
  const texts = layout.page.widgets.filter((w) => !isButton(w)).sort((a, b) => midY(a) - midY(b) || a.x0 - b.x0)
  for (const w of texts) {
    const left = leftOf(w, layout)
    if (left && isInline(left)) inline.add(left.phrase)
  }
  const found = new Map<Widget, Around>()
  for (const w of buttons) found.set(w, aroundButton(w, layout, options, inline))
  const below = new Set<Phrase>()
  for (const w of texts) found.set(w, aroundText(w, layout, inline, below))
  return found
}

const isInline = (f: Found): boolean => f.rules === 0 && (f.gap < ADJACENT || f.phrase.leaderEnd !== undefined || /:$/.test(f.phrase.text))

/** A box's own caption: right of it, unless only the left has print close by. */
function optionCaption(w: Widget, layout: Layout): Found | undefined {
  const right = rightOf(w, layout)
  const left = leftOf(w, layout)
  const near = (f: Found | undefined): f is Found => f !== undefined && f.rules === 0 && f.gap < UNIT_REACH
  if (near(right) && !(near(left) && left.gap < 0.4 * right.gap && right.gap > 8)) return right
  return near(left) ? left : undefined
}

type Texts = Record<string, string | undefined>

function aroundButton(w: Widget, layout: Layout, options: Options, inline: Set<Phrase>): Around {
  const own = optionCaption(w, layout)
  if (!own) return aroundBareBox(w, layout, options, inline)
  const side = own.phrase.x0 > w.x0 ? 'right' : 'left'
  const texts = {
    [side]: textOf(own.phrase, layout, side === 'right' ? 'start' : 'end'),
    inside: insideOf(w, layout),
    lead: textOf(leadOf(w, layout, options), layout, 'block'),
  }
  return { neighbours: tidy(texts), captions: [own.phrase] }
}

/** A box without a caption of its own stands in a grid or after a question. */
function aroundBareBox(w: Widget, layout: Layout, options: Options, inline: Set<Phrase>): Around {
  const place = tablePlaceOf(w, layout, inline)
  const row = layout.page.widgets.filter((o) => isButton(o) && onRow(o, w)).length
  const header = place?.header ?? (row > 1 ? headerOver(w, layout, inline) : undefined)
  const above = header ? undefined : aboveOf(w, layout, inline)
  const beside = leftOf(w, layout) ?? rightOf(w, layout)
  const start = place?.rowHeader ?? (row > 1 ? lineStartOf(w, layout) : undefined)
  const texts = {
    ...(beside && !start && { [beside.phrase.x0 > w.x0 ? 'right' : 'left']: textOf(beside.phrase, layout, 'block') }),
    inside: insideOf(w, layout),
    above: textOf(above?.phrase, layout, 'block'),
    columnHeader: textOf(header, layout, 'block'),
    rowHeader: textOf(start, layout, 'block'),
    lead: header || start ? undefined : textOf(leadOf(w, layout, options), layout, 'block'),
  }
  const captions = [above?.phrase, header, start].filter((p) => p !== undefined)
  return { neighbours: tidy(texts), captions }
}

function aroundText(w: Widget, layout: Layout, inline: Set<Phrase>, captionsBelow: Set<Phrase>): Around {
  const taken = new Set([...inline, ...captionsBelow])
  const cell = cellOf(w, layout)
  const grid = tablePlaceOf(w, layout, taken)
  const left = captionLeft(w, layout, grid)
  const strongLeft = left !== undefined && isInline(left)
  const named = strongLeft || left?.phrase.leaderEnd !== undefined
  const header = grid?.header && (!named || inHeaderRow(grid.header, layout)) ? grid.header : undefined
  const above = header ? undefined : aboveOf(w, layout, taken)
  const close = above !== undefined && captionsFromAbove(above, w, cell, layout)
  const under = strongLeft || header ? undefined : belowOf(w, layout, inline)
  // 'Month' under a line is its caption even where the whole date is named above.
  const part = isPart(under?.phrase)
  const below = close && !part ? undefined : under
  const underline = below !== undefined && below.rules === 0
  if (below && underline) captionsBelow.add(below.phrase)
  const keepLeft = left !== undefined && (strongLeft || left.rules === 0 || !(close || underline))
  const keepAbove = above !== undefined && !strongLeft && (above.rules === 0 || !left) && !(underline && (part || !close))
  const right = rightOf(w, layout)
  const unit = right !== undefined && right.rules === 0 && right.gap < UNIT_REACH && !inline.has(right.phrase)
  const alone = !keepLeft && !keepAbove && !underline && !header
  const far = alone ? farAboveOf(w, cell, layout, taken) : undefined
  const own = strongLeft ? left.phrase : underline && part ? below.phrase : close ? above.phrase : underline ? below.phrase : undefined
  const captions = [keepLeft ? left.phrase : undefined, own, header, grid?.rowHeader].filter((p) => p !== undefined)
  const texts = {
    inside: insideOf(w, layout) ?? unitSign(w, layout),
    left: keepLeft ? textOf(left.phrase, layout, 'end') : undefined,
    above: keepAbove ? textOf(above.phrase, layout, 'block') : undefined,
    below: underline || (alone && !far) ? textOf(below?.phrase, layout, 'block') : undefined,
    right: unit || (alone && right) ? textOf(right?.phrase, layout, 'start') : undefined,
    columnHeader: textOf(header ?? far, layout, 'block'),
    rowHeader: header || (alone && grid) ? textOf(grid?.rowHeader, layout, 'end') : undefined,
    lead: own && isPart(own) ? textOf(leadOfParts(w, own, layout), layout, 'block') : undefined,
    lineStart: close && !strongLeft ? undefined : textOf(lineStartOf(w, layout), layout, 'end'),
  }
  return { neighbours: tidy(texts), captions }
}

/** Close over the widget or in its ruled cell, and no running text. */
function captionsFromAbove(above: Found, w: Widget, cell: Box, layout: Layout): boolean {
  const near = above.gap < ADJACENT || (ruled(cell, layout) && inBox(cell, above.phrase))
  return above.rules === 0 && near && !isParagraph(above.phrase, w, layout)
}

/** Print beside the rows of a whole column is not this row's caption. */
function captionLeft(w: Widget, layout: Layout, place: TablePlace | undefined): Found | undefined {
  const left = leftOf(w, layout)
  return left && place?.header && spansRows(left.phrase, place.column, layout) ? undefined : left
}

/** Closed on both sides and above. */
const ruled = (cell: Box, { page }: Layout): boolean => cell.y0 > 0 && (cell.x0 > 0 || cell.x1 < page.width)

/** Running text over a widget is no caption: long, or ending as a sentence does. */
function isParagraph(p: Phrase, w: Widget, layout: Layout): boolean {
  const text = textOf(p, layout, 'block') ?? ''
  const words = text.split(' ').length
  return words > 28 || (words > 5 && /[.;]$/.test(text) && p.x1 - p.x0 > 1.6 * (w.x1 - w.x0))
}

/** Same texts once, the most specific kept. */
function tidy(texts: Texts): Neighbours {
  const neighbours: Neighbours = {}
  const seen = new Set<string>()
  for (const key of ['columnHeader', 'rowHeader', 'inside', 'left', 'right', 'above', 'below', 'lead', 'lineStart'] as const) {
    const printed = key === 'inside' && /^[$%]$/.test(texts[key] ?? '') ? texts[key] : asNeighbour(texts[key])
    if (!printed || seen.has(printed)) continue
    seen.add(printed)
    neighbours[key] = printed
  }
  return neighbours
}
