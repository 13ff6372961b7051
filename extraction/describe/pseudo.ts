import { isCaps } from './blocks.js'
import { closedCells } from './cells.js'
import {
  type Box,
  contains,
  height,
  type HRule,
  midX,
  midY,
  overlap,
  overlapX,
  overlapY,
  type PageGeometry,
  type Phrase,
  type Widget,
  type Word,
  width,
} from './model.js'
import { readPhrases } from './phrases.js'
import { EMPTY_BOX } from './words.js'

/** A person needs this much room to write a word, in points. */
const MIN_LINE = 28
const MIN_ROOM = 9
const LINE_HEIGHT = 13
const CHECK_SIDES = { min: 5, max: 16 }
const SIGNATURE = /\bsignatures?\b|\bsign here\b|\bfirma\b/i

/** What a person would fill in on a page without form fields: empty boxes, ruled lines, underscore runs. */
export function pseudoWidgets(page: PageGeometry): Widget[] {
  const phrases = readPhrases(page)
  const boxes = fillableCells(page, phrases)
  const lines = [...underscores(page.words), ...fillLines(page, phrases)].filter(
    (line) => !boxes.some((b) => overlapX(b, line) > 0 && overlapY(b, line) > 0),
  )
  const glyphs = page.words.filter((w) => w.text === EMPTY_BOX)
  const all = [...boxes, ...distinct(lines), ...glyphs]
  return all.map((box) => widgetAt(box, page, phrases))
}

function widgetAt({ x0, y0, x1, y1 }: Box, page: PageGeometry, phrases: Phrase[]): Widget {
  const box = { x0, y0, x1, y1 }
  const small = (side: number) => side >= CHECK_SIDES.min && side <= CHECK_SIDES.max
  const check = small(width(box)) && small(height(box)) && width(box) < 1.8 * height(box)
  const signed = !check && phrases.some((p) => SIGNATURE.test(p.text) && p.text.split(' ').length < 10 && captions(p, box))
  return { ...box, kind: check ? 'check' : signed ? 'signature' : 'text', page: page.page, index: -1, name: '' }
}

/** Print right before, in, or right under a place to write. */
export const captions = (p: Phrase, box: Box): boolean =>
  (overlapY(p, box) > 0.3 * height(p) && p.x1 <= box.x0 + 6 && box.x0 - p.x1 < 26) ||
  (overlapX(p, box) > 0.5 * width(p) && p.y0 > box.y0 && p.y0 - box.y1 < 11)

/** Widest gap between a caption in a label column and its line. */
const LABEL_COLUMN = 260

/** The last print before it on its row is near enough to be its label. */
function labelled(box: Box, phrases: Phrase[]): boolean {
  return phrases.some(
    (p) => overlapY(p, box) > 0.3 * height(p) && box.x0 - p.x1 > -2 && box.x0 - p.x1 < LABEL_COLUMN && p.words.length < 12,
  )
}

function underscores(words: Word[]): Box[] {
  return words
    .filter((w) => /^_{3,}$/.test(w.text) && width(w) >= 14)
    .map((w) => ({ x0: w.x0, x1: w.x1, y0: w.base + 2 - LINE_HEIGHT, y1: w.base + 2 }))
}

/** Cells that are empty or have room under or beside their caption. */
function fillableCells(page: PageGeometry, phrases: Phrase[]): Box[] {
  return closedCells(page).flatMap((cell) => {
    const texts = phrases.filter((p) => contains(cell, midX(p), midY(p)))
    if (texts.length === 0)
      return width(cell) < 0.95 * page.width && (height(cell) >= MIN_ROOM || width(cell) < CHECK_SIDES.max) ? [cell] : []
    if (texts.reduce((n, p) => n + p.words.length, 0) > 40) return []
    const bottom = Math.max(...texts.map((p) => p.y1))
    const right = Math.max(...texts.map((p) => p.x1))
    if (cell.y1 - bottom >= MIN_ROOM && width(cell) >= MIN_LINE) return [{ ...cell, y0: bottom }]
    const oneRow = texts.every((p) => overlapY(p, texts[0]!) > 0)
    return oneRow && cell.x1 - right >= 2 * MIN_LINE && texts[0]!.x0 - cell.x0 < 12 ? [{ ...cell, x0: right + 3 }] : []
  })
}

/** Ruled lines with room above and a caption before, on, or under them. */
function fillLines(page: PageGeometry, phrases: Phrase[]): Box[] {
  return page.h.flatMap((rule) => {
    const room = roomOn(rule, page, phrases)
    return room && (phrases.some((p) => captions(p, room)) || labelled(room, phrases)) ? [room] : []
  })
}

/** The blank stretch over a rule; undefined when it underlines print, separates parts, or frames a box. */
export function roomOn(rule: HRule, page: PageGeometry, phrases: Phrase[]): Box | undefined {
  const strip = { x0: rule.x0, x1: rule.x1, y0: rule.y - LINE_HEIGHT, y1: rule.y }
  const over = phrases.filter((p) => overlapX(p, strip) > 0 && overlap(p.y0, p.base, strip.y0 + 3, strip.y1) > 0.3 * height(p))
  const start = Math.max(rule.x0, ...over.map((p) => p.x1 + 2))
  // A rule that begins under bold print or capitals underlines a heading.
  const heading = over.some((p) => Math.abs(p.x0 - rule.x0) < 4 && (p.bold || isCaps(p.text)))
  const framed = page.v.some((v) => v.x > rule.x0 - 2 && v.x < rule.x1 + 2 && v.y0 <= rule.y + 2 && v.y1 >= rule.y - 2)
  const blocked = over.some((p) => p.x0 > rule.x0 + 0.4 * (rule.x1 - rule.x0))
  return heading || framed || blocked || rule.x1 - start < MIN_LINE ? undefined : { ...strip, x0: start }
}

function distinct(boxes: Box[]): Box[] {
  return boxes.filter((b, i) => !boxes.slice(0, i).some((o) => overlapX(b, o) > 0.5 * width(b) && Math.abs(b.y1 - o.y1) < 5))
}
