import { labelTokens, stripLeaders } from '../label.js'
import { MAX_NEIGHBOUR_WORDS } from './limits.js'
import {
  type Block,
  type Box,
  contains,
  type HRule,
  height,
  midX,
  midY,
  overlap,
  overlapY,
  type PageGeometry,
  type Phrase,
  type VRule,
  type Widget,
} from './model.js'

/** A page ready for finding neighbours. */
export interface Layout {
  page: PageGeometry
  /** Phrases that may be captions: no ornaments. */
  captions: Phrase[]
  phrases: Phrase[]
  blocks: Block[]
  blockOf: Map<Phrase, Block>
  /** Upright headings: no caption is looked for beyond one. */
  barriers: Box[]
}

export function makeLayout(page: PageGeometry, phrases: Phrase[], blocks: Block[]): Layout {
  const blockOf = new Map(blocks.flatMap((block) => block.lines.map((line) => [line, block] as const)))
  return { page, phrases, blocks, blockOf, barriers: [], captions: phrases.filter((p) => !isOrnament(p.text)) }
}

/** A line number, a currency sign, a bullet, a code beside a number, a cents column's zeros: not a caption. */
export function isOrnament(text: string): boolean {
  if (/^[\W_]*(?:\d{0,3}\s?[a-zA-Z]?)?[\W_]*$/.test(text) && !/\p{L}{2}/u.test(text)) return true
  const named = text.replace(/^\(?\d{1,3}[a-z]?[).]?\s+/, '')
  return /\d/.test(named) && !/\p{L}{3}/u.test(text) && !/^[A-Z]-\d/.test(text)
}

/** Words as one neighbour: leaders gone, the middle of a long one left out, since both ends carry the meaning. */
export function asNeighbour(text: string | undefined): string | undefined {
  if (!text) return undefined
  const words = stripLeaders(text).split(' ').filter(Boolean)
  if (labelTokens(words.join(' ')).length === 0) return undefined
  if (words.length <= MAX_NEIGHBOUR_WORDS) return words.join(' ')
  const head = Math.floor(MAX_NEIGHBOUR_WORDS / 2)
  return [...words.slice(0, head), '…', ...words.slice(words.length - (MAX_NEIGHBOUR_WORDS - head - 1))].join(' ')
}

/** A longer block is a paragraph: only its part up to or from the line is the caption. */
const MAX_CAPTION_LINES = 5

/** `end`: the block up to this line; `start`: from this line on; short blocks are taken whole. */
export function textOf(p: Phrase | undefined, { blockOf }: Layout, take: 'end' | 'start' | 'block'): string | undefined {
  if (!p) return undefined
  const lines = blockOf.get(p)?.lines ?? [p]
  const at = lines.indexOf(p)
  const whole = take === 'block' || lines.length <= MAX_CAPTION_LINES
  const taken = whole ? lines : take === 'end' ? lines.slice(0, at + 1) : lines.slice(at)
  return joinLines(taken.map((line) => line.text))
}

/** A word that is broken at a line's end is made whole. */
export function joinLines(lines: string[]): string {
  return lines.reduce((text, line) => (/[a-z]-$/.test(text) && /^[a-z]/.test(line) ? text.slice(0, -1) + line : `${text} ${line}`))
}

export const onRow = (w: Box, p: Box): boolean => overlapY(w, p) > 0.35 * Math.min(height(w), height(p))

/** A rule that frames this widget alone separates it from nothing. */
const ownV = (r: VRule, w: Box): boolean => Math.abs(r.y0 - w.y0) < 7 && Math.abs(r.y1 - w.y1) < 7
const ownH = (r: HRule, w: Box): boolean =>
  Math.abs(r.x0 - w.x0) < 9 && Math.abs(r.x1 - w.x1) < 9 && Math.min(Math.abs(r.y - w.y0), Math.abs(r.y - w.y1)) < 4.5

/** Vertical rules between two x at the widget's height, its own frame left out. */
export function rulesBeside(w: Widget, x0: number, x1: number, { page }: Layout): number {
  return page.v.filter((r) => r.x > x0 + 0.5 && r.x < x1 - 0.5 && r.y0 <= midY(w) && r.y1 >= midY(w) && !ownV(r, w)).length
}

/** Horizontal rules between two y over half of what widget and text share, the widget's own frame left out. */
export function rulesAcross(w: Widget, p: Box, y0: number, y1: number, { page }: Layout): number {
  const [x0, x1] = [Math.max(w.x0, p.x0), Math.min(w.x1, p.x1)]
  return page.h.filter((r) => r.y > y0 && r.y < y1 && overlap(r.x0, r.x1, x0, x1) > 0.5 * Math.max(1, x1 - x0) && !ownH(r, w)).length
}

/** The ruled cell that a widget stands in; open sides reach the page's edge. */
export function cellOf(w: Widget, { page }: Layout): Box {
  const slack = Math.min(4, 0.35 * height(w))
  const cell = { x0: 0, y0: 0, x1: page.width, y1: page.height }
  for (const r of page.v) {
    if (r.y0 > midY(w) || r.y1 < midY(w)) continue
    if (r.x <= w.x0 + slack) cell.x0 = Math.max(cell.x0, r.x)
    else if (r.x >= w.x1 - slack) cell.x1 = Math.min(cell.x1, r.x)
  }
  for (const r of page.h) {
    if (r.x0 > midX(w) || r.x1 < midX(w)) continue
    if (r.y <= w.y0 + slack) cell.y0 = Math.max(cell.y0, r.y)
    else if (r.y >= w.y1 - slack) cell.y1 = Math.min(cell.y1, r.y)
  }
  return cell
}

/** Does a heading stand between two y over this widget's column? */
export const headingAcross = (w: Box, y0: number, y1: number, { barriers }: Layout): boolean =>
  barriers.some((h) => midY(h) > y0 && midY(h) < y1 && h.x0 < w.x1)

/** Another widget of the row between two x. */
export const widgetBeside = (w: Widget, x0: number, x1: number, { page }: Layout): boolean =>
  page.widgets.some((o) => o !== w && onRow(o, w) && midX(o) > x0 && midX(o) < x1)

/** Another widget in the column between two y. */
export const widgetAcross = (w: Widget, y0: number, y1: number, { page }: Layout): boolean =>
  page.widgets.some((o) => o !== w && Math.min(o.x1, w.x1) - Math.max(o.x0, w.x0) > 1 && midY(o) > y0 && midY(o) < y1)

export const inBox = (box: Box, p: Box): boolean => contains(box, midX(p), midY(p))
