import { closedCells } from './cells.js'
import { type Box, contains, height, midX, midY, overlapX, overlapY, type PageGeometry, type Phrase, type Widget, width } from './model.js'
import { captions, roomOn } from './pseudo.js'

const SIGNATURE = /\bsignature\b|\bsign here\b|\bfirma\b/i
const SPEAKS_OF = /\b(?:electronic|digital|original|without|see|page|instructions?|authorit\w*|stamp\w*|required|must|date of)\b|[.;]$/i
/** Only a numbered caption or one with a colon names a line; other print may just stand by a rule. */
const NAMES_LINE = /^\(?\d|[:*]$/
const MAX_WORDS = 10
const MIN_ROOM = 60
/** Widest gap between a caption in a label column and its line. */
const LABEL_COLUMN = 320

/**
 * Lines that a fillable form keeps for the pen: a caption with a ruled line, an underscore run or, for a signature, a
 * ruled cell, that no widget has (`owned`).
 */
export function paperLines(page: PageGeometry, phrases: Phrase[], owned: Set<Phrase>): Widget[] {
  const rooms = page.h.map((rule) => roomOn(rule, page, phrases)).filter((room) => room !== undefined)
  const found: Widget[] = []
  for (const p of phrases) {
    if (owned.has(p) || SPEAKS_OF.test(p.text) || p.words.length > MAX_WORDS || !/\p{L}{3}/u.test(p.text)) continue
    const signed = SIGNATURE.test(p.text)
    if (!signed && !NAMES_LINE.test(p.text)) continue
    const room = lineFor(p, rooms, page, phrases) ?? (signed ? roomFor(p, page, phrases) : undefined)
    if (!room || page.widgets.some((w) => overlapX(w, room) > 4 && overlapY(w, room) > 0.3 * Math.min(height(w), height(room)))) continue
    if (found.some((w) => overlapX(w, room) > 0 && overlapY(w, room) > 0)) continue
    found.push({ ...room, kind: signed ? 'signature' : 'text', page: page.page, index: -1, name: '', paperOnly: true })
  }
  return found
}

/** A line that begins where widgets do, with the caption in the label column, or that stands right over its caption. */
function lineFor(p: Phrase, rooms: Box[], page: PageGeometry, phrases: Phrase[]): Box | undefined {
  return rooms.find((room) => {
    const aligned = page.widgets.some((w) => Math.abs(w.x0 - room.x0) < 4)
    const gap = room.x0 - p.x1
    const alone = !phrases.some((o) => o !== p && overlapY(o, p) > 0.5 * height(p) && o.x0 >= p.x1 && o.x1 <= room.x0 + 2)
    const beside = aligned && alone && gap > -2 && gap < LABEL_COLUMN && overlapY(p, room) > 0.3 * height(p)
    const under = SIGNATURE.test(p.text) && captions(p, room)
    return beside || under
  })
}

function roomFor(p: Phrase, page: PageGeometry, phrases: Phrase[]): Box | undefined {
  const run = page.words.find((w) => /^_{6,}$/.test(w.text) && captions(p, { x0: w.x0, x1: w.x1, y0: w.base - 11, y1: w.base + 2 }))
  if (run) return { x0: run.x0, x1: run.x1, y0: run.base - 11, y1: run.base + 2 }
  return roomBeside(p, page, phrases)
}

/** The blank of a ruled row or cell from the caption's end to the next print, or under the caption. */
function roomBeside(p: Phrase, page: PageGeometry, phrases: Phrase[]): Box | undefined {
  const cell = closedCells(page).find((c) => contains(c, midX(p), midY(p)) && height(c) < 60)
  const under = page.h.find((r) => r.x0 <= p.x0 + 4 && r.x1 >= p.x1 + MIN_ROOM && r.y > p.base && r.y - p.base < 30)
  if (!cell && !under) return undefined
  const end = cell?.x1 ?? under!.x1
  const next = phrases.filter((o) => o.x0 > p.x1 && overlapY(o, p) > 0.3 * height(p)).reduce((x, o) => Math.min(x, o.x0), end)
  if (next - p.x1 >= MIN_ROOM) return { x0: p.x1 + 3, x1: next - 3, y0: p.y0 - 2, y1: p.y1 + 2 }
  return cell && cell.y1 - p.y1 >= 9 && width(cell) >= MIN_ROOM ? { ...cell, y0: p.y1 + 1 } : undefined
}
