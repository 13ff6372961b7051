import type { Neighbours } from '../../contracts/description.js'
import { labelTokens, stripLeaders } from '../label.js'
import { MAX_NEIGHBOUR_WORDS } from './limits.js'
import {
  type Block,
  type Box,
  contains,
  height,
  midX,
  midY,
  overlapX,
  overlapY,
  type PageGeometry,
  type Phrase,
  type Widget,
  width,
} from './model.js'
import { crossesH, crossesV } from './phrases.js'

export interface Layout {
  page: PageGeometry
  phrases: Phrase[]
  blocks: Block[]
  blockOf: Map<Phrase, Block>
}

/** Words of a phrase as one neighbour: leaders gone, the middle of a long one left out since both ends carry the meaning. */
export function asNeighbour(text: string): string | undefined {
  const words = stripLeaders(text).split(' ').filter(Boolean)
  if (labelTokens(words.join(' ')).length === 0) return undefined
  if (words.length <= MAX_NEIGHBOUR_WORDS) return words.join(' ')
  const head = Math.floor(MAX_NEIGHBOUR_WORDS / 2)
  return [...words.slice(0, head), '…', ...words.slice(words.length - (MAX_NEIGHBOUR_WORDS - head - 1))].join(' ')
}

/** A line number, a currency sign, a bullet: not a caption. */
export const isOrnament = (text: string): boolean => /^[\W_]*(?:\d{0,2}\s?[a-zA-Z]?)?[\W_]*$/.test(text)

const onRow = (w: Box, p: Box): boolean => overlapY(w, p) > 0.35 * Math.min(height(w), height(p))

/** The text around one widget. */
export function neighboursOf(w: Widget, layout: Layout): Neighbours {
  const found: Record<string, string | undefined> = {
    left: textOf(left(w, layout), layout, 'end'),
    right: textOf(right(w, layout), layout, 'start'),
    above: textOf(above(w, layout), layout, 'block'),
    below: textOf(below(w, layout), layout, 'block'),
    inside: inside(w, layout),
    lineStart: textOf(lineStart(w, layout), layout, 'end'),
    columnHeader: textOf(columnHeader(w, layout), layout, 'block'),
  }
  const neighbours: Neighbours = {}
  for (const [key, text] of Object.entries(found)) {
    const printed = text === undefined ? undefined : asNeighbour(text)
    if (printed) neighbours[key as keyof Neighbours] = printed
  }
  if (neighbours.lineStart === neighbours.left) delete neighbours.lineStart
  if (neighbours.columnHeader === neighbours.above) delete neighbours.columnHeader
  return neighbours
}

/** `end`: the block up to this line; `start`: from this line on. */
function textOf(p: Phrase | undefined, { blockOf }: Layout, take: 'end' | 'start' | 'block'): string | undefined {
  if (!p) return undefined
  const lines = blockOf.get(p)?.lines ?? [p]
  const at = lines.indexOf(p)
  const taken = take === 'block' ? lines : take === 'end' ? lines.slice(0, at + 1) : lines.slice(at)
  return taken.map((l) => l.text).join(' ')
}

const widgetBetween = (w: Widget, x0: number, x1: number, { page }: Layout): boolean =>
  page.widgets.some((o) => o !== w && onRow(o, w) && midX(o) > x0 && midX(o) < x1)

function left(w: Widget, layout: Layout): Phrase | undefined {
  return layout.phrases
    .filter((p) => onRow(w, p) && midX(p) < w.x0 && p.x1 <= w.x0 + 4 && !isOrnament(p.text) && !widgetBetween(w, p.x1, w.x0, layout))
    .sort((a, b) => b.x1 - a.x1)[0]
}

function right(w: Widget, layout: Layout): Phrase | undefined {
  return layout.phrases
    .filter((p) => onRow(w, p) && p.x0 >= w.x1 - 3 && !isOrnament(p.text) && !widgetBetween(w, w.x1, p.x0, layout))
    .sort((a, b) => a.x0 - b.x0)[0]
}

function above(w: Widget, layout: Layout): Phrase | undefined {
  return layout.phrases
    .filter(
      (p) =>
        p.base <= w.y0 + 0.5 * height(w) &&
        midY(p) < w.y0 + 2 &&
        overlapX(w, p) > 0.3 * Math.min(width(w), width(p)) &&
        !isOrnament(p.text),
    )
    .filter((p) => !layout.page.widgets.some((o) => o !== w && overlapX(o, w) > 1 && midY(o) > p.base - 1 && midY(o) < w.y0))
    .sort((a, b) => b.base - a.base || Math.abs(a.x0 - w.x0) - Math.abs(b.x0 - w.x0))[0]
}

function below(w: Widget, layout: Layout): Phrase | undefined {
  const p = layout.phrases
    .filter((q) => midY(q) > w.y1 - 1 && q.y0 < w.y1 + 14 && overlapX(w, q) > 0.3 * Math.min(width(w), width(q)) && !isOrnament(q.text))
    .sort((a, b) => a.base - b.base)[0]
  return p && !layout.page.widgets.some((o) => o !== w && overlapX(o, w) > 1 && midY(o) > w.y1 && midY(o) < p.y0) ? p : undefined
}

function inside(w: Widget, { phrases }: Layout): string | undefined {
  const words = phrases.flatMap((p) => p.words).filter((word) => contains(w, midX(word), midY(word)))
  const text = words.map((word) => word.text).join(' ')
  return isOrnament(text) ? undefined : text
}

function lineStart(w: Widget, layout: Layout): Phrase | undefined {
  return layout.phrases.filter((p) => onRow(w, p) && p.x1 <= w.x0 + 4 && !isOrnament(p.text)).sort((a, b) => a.x0 - b.x0)[0]
}

/** Text over the topmost of the widgets stacked on this one's column. */
function columnHeader(w: Widget, layout: Layout): Phrase | undefined {
  let top: Widget = w
  for (;;) {
    const next = layout.page.widgets
      .filter((o) => o.y1 <= top.y0 + 2 && overlapX(o, w) > 0.7 * Math.max(width(o), width(w)) && top.y0 - o.y1 < 2.5 * height(w))
      .sort((a, b) => b.y1 - a.y1)[0]
    if (!next || layout.phrases.some((p) => contains({ ...w, y0: next.y1, y1: top.y0 }, midX(p), midY(p)))) break
    top = next
  }
  return top === w ? undefined : above(top, layout)
}

export { crossesH, crossesV }
