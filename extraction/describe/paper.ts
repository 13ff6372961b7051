import { closedCells } from './cells.js'
import { type Box, contains, height, midX, midY, overlapX, overlapY, type PageGeometry, type Phrase, type Widget, width } from './model.js'
import { readPhrases } from './phrases.js'
import { captions, roomOn } from './pseudo.js'

const SIGNATURE = /\bsignature\b|\bfirma\b/i
const SPEAKS_OF = /\b(?:electronic|digital|original|without|see|page|instructions?|authorit\w*|stamp\w*|required|must|date of)\b|[.;]$/i
const MAX_WORDS = 10
const MIN_ROOM = 60

/** Signature lines that a fillable form keeps for the pen: a caption with a ruled line, an underscore run or a ruled cell and no widget. */
export function paperSignatures(page: PageGeometry): Widget[] {
  const phrases = readPhrases(page)
  const found: Widget[] = []
  for (const p of phrases) {
    if (!SIGNATURE.test(p.text) || SPEAKS_OF.test(p.text) || p.words.length > MAX_WORDS) continue
    const room = roomFor(p, page, phrases)
    if (!room || page.widgets.some((w) => overlapX(w, room) > 4 && overlapY(w, room) > 0.3 * Math.min(height(w), height(room)))) continue
    if (ownedByWidget(p, page) || found.some((w) => overlapX(w, room) > 0 && overlapY(w, room) > 0)) continue
    found.push({ ...room, kind: 'signature', page: page.page, index: -1, name: '', paperOnly: true })
  }
  return found
}

/** A widget beside, under or over the caption is what it names. */
function ownedByWidget(p: Phrase, page: PageGeometry): boolean {
  return page.widgets.some((w) => {
    const beside = overlapY(w, p) > 0.3 * Math.min(height(w), height(p)) && w.x0 > p.x0 && w.x0 - p.x1 < 120
    const stacked = overlapX(w, p) > 0 && ((w.y0 > p.base - 4 && w.y0 - p.base < 20) || (w.y1 < p.y0 + 4 && p.y0 - w.y1 < 12))
    return beside || stacked
  })
}

function roomFor(p: Phrase, page: PageGeometry, phrases: Phrase[]): Box | undefined {
  const onRule = page.h.map((rule) => roomOn(rule, page, phrases)).find((room) => room !== undefined && captions(p, room))
  if (onRule) return onRule
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
