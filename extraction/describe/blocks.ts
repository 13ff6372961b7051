import { type Block, height, isButton, overlap, overlapX, overlapY, type PageGeometry, type Phrase } from './model.js'
import { crossesH, crossesV } from './phrases.js'

/** Starts a new numbered line: '4', '4a', '(b)', 'c.', a bullet. */
export const NUMBER_START = /^(?:\(?\d{1,2}[a-z]?[.)]?|\(?[a-zA-Z][.)]|\([ivx]+\)|[a-z]|[•●■◆*-])(?:\s|$)/u

const MIN_LETTERS = 8
/** A line in capitals, long enough to be meant so. */
export function isCaps(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  return letters.length >= MIN_LETTERS && letters.filter((letter) => letter !== letter.toLowerCase()).length > 0.88 * letters.length
}

/** Wrapped lines joined into captions and paragraphs. */
export function readBlocks(phrases: Phrase[], page: PageGeometry): Block[] {
  const blocks: Block[] = []
  for (const phrase of [...phrases].sort((a, b) => a.base - b.base || a.x0 - b.x0)) {
    const block = blocks.findLast((b) => continues(b, phrase, page))
    if (block) append(block, phrase)
    else blocks.push({ ...box(phrase), lines: [phrase], size: phrase.size, bold: phrase.bold })
  }
  return blocks
}

const box = (p: Phrase) => ({ x0: p.x0, y0: p.y0, x1: p.x1, y1: p.y1 })

function append(block: Block, phrase: Phrase): void {
  block.lines.push(phrase)
  block.x0 = Math.min(block.x0, phrase.x0)
  block.x1 = Math.max(block.x1, phrase.x1)
  block.y1 = Math.max(block.y1, phrase.y1)
}

function continues(block: Block, next: Phrase, page: PageGeometry): boolean {
  const last = block.lines.at(-1)!
  const size = Math.min(last.size, next.size)
  const step = next.base - last.base
  if (step < 0.7 * size || step > 1.55 * Math.max(last.size, next.size)) return false
  if (Math.abs(last.size - next.size) > 0.12 * size + 0.3 || last.leaderEnd !== undefined) return false
  if (block.bold !== next.bold || next.numbered || ticked(next, page) || tickedBehind(next, page) || changesCase(last, next)) return false
  if (overlapX(last, next) <= 0) return false
  const first = block.lines[0]!
  const centred = Math.abs((last.x0 + last.x1) / 2 - (next.x0 + next.x1) / 2) < 4
  const aligned = next.x0 > Math.min(first.x0, last.x0) - 4 && next.x0 < last.x0 + 40
  const flushRight = Math.abs(last.x1 - next.x1) < 2.5
  if (!centred && !aligned && !flushRight) return false
  if (NUMBER_START.test(next.text) && next.x0 < first.x0 + 6 && (NUMBER_START.test(first.text) || /[.:;?]$/.test(last.text))) return false
  if (crossesH(page.h, last.base - 0.2 * size, next.base - 0.6 * size, Math.max(last.x0, next.x0), Math.min(last.x1, next.x1))) return false
  const [left, right] = last.x0 < next.x0 ? [last, next] : [next, last]
  if (left.x1 < right.x0 && crossesV(page.v, left.x1, right.x0, right)) return false
  return !page.widgets.some((w) => between(w, last, next) || (follows(w, last) && overlapY(w, next) < 0.3 * height(next)))
}

/** One line in capitals, the other not, where both are long enough to tell. */
function changesCase(a: Phrase, b: Phrase): boolean {
  const short = [a, b].some((p) => (p.text.match(/\p{L}/gu)?.length ?? 0) < 1.5 * MIN_LETTERS)
  return !short && isCaps(a.text) !== isCaps(b.text)
}

/** A box to tick right before the line: the line is that box's caption. */
function ticked(line: Phrase, page: PageGeometry): boolean {
  return page.widgets.some(
    (w) => isButton(w) && overlapY(w, line) > 0.4 * Math.min(height(w), height(line)) && line.x0 - w.x1 > -3 && line.x0 - w.x1 < 22,
  )
}

/** A short line with a box to tick right behind it is that box's caption. */
function tickedBehind(line: Phrase, page: PageGeometry): boolean {
  if (line.words.length > 4 || !/^[\p{Lu}\d]/u.test(line.text)) return false
  return page.widgets.some(
    (w) => isButton(w) && overlapY(w, line) > 0.4 * Math.min(height(w), height(line)) && w.x0 - line.x1 > -3 && w.x0 - line.x1 < 12,
  )
}

/** A widget in the vertical gap between the two lines. */
function between(w: PageGeometry['widgets'][number], last: Phrase, next: Phrase): boolean {
  return overlapX(w, last) > 2 && overlapX(w, next) > 2 && overlap(w.y0, w.y1, last.base, next.y0) > 0.5 * height(w)
}

/** A widget close behind the end of the line, on its row: the caption ends there. */
function follows(w: PageGeometry['widgets'][number], line: Phrase): boolean {
  const gap = w.x0 - line.x1
  return overlapY(w, line) > 0.5 * Math.min(height(w), height(line)) && gap > -3 && gap < 30
}
