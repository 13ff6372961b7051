import type { Marker } from '../../../contracts/description.js'

const isButton = (m: Marker): boolean => m.kind === 'check' || m.kind === 'radio'
const YES = /^(?:yes|s[ií]|y)\b/i
const NO = /^(?:no|n)\b/i
const OTHER_ANSWER = /^(?:n\/a|not applicable|unknown|unsure|not sure)\b/i
const PART_WORDS = /\b(?:social security|ssn|ein|employer identification|tax(?:payer)? id|phone|telephone|fax|date|birth)\b/i

/** Widgets of a window that are one field each, in order. */
export function mergeMarkers(markers: Marker[], labelOf: (m: Marker) => string): Marker[][] {
  const fields: Marker[][] = []
  for (const marker of markers) {
    const last = fields.at(-1)
    if (last && sameField(last, marker, labelOf)) last.push(marker)
    else fields.push([marker])
  }
  return fields
}

function sameField(field: Marker[], next: Marker, labelOf: (m: Marker) => string): boolean {
  const last = field.at(-1)!
  if (last.page !== next.page) return false
  if (isButton(last) && isButton(next)) return sameQuestion(last, next)
  if (last.kind !== 'text' || next.kind !== 'text') return false
  return samePart(last, next, labelOf)
}

function sameQuestion(a: Marker, b: Marker): boolean {
  if (a.kind === 'radio' && b.kind === 'radio' && a.name !== '' && a.name === b.name) return true
  if (a.neighbours.lead && a.neighbours.lead === b.neighbours.lead) return true
  const sameRow = Math.abs(a.rect.y - b.rect.y) < Math.max(4, a.rect.height)
  if (sameRow && overBareBox(a) !== undefined && overBareBox(a) === overBareBox(b)) return true
  const [first, second] = [answerOf(a), answerOf(b)]
  if (sameRow) return a.neighbours.rowHeader === b.neighbours.rowHeader && isAnswer(first) && isAnswer(second)
  const under = Math.abs(a.rect.x - b.rect.x) < 12 && b.rect.y > a.rect.y && b.rect.y - a.rect.y < 2.2 * a.rect.height
  return under && YES.test(first) && NO.test(second)
}

const isAnswer = (text: string): boolean => [YES, NO, OTHER_ANSWER].some((answer) => answer.test(text))

/** A box's own caption, or its column's in a table of questions. */
const answerOf = ({ neighbours: n }: Marker): string => n.right ?? n.left ?? n.columnHeader ?? ''

/** The text over a box that has no caption of its own. */
function overBareBox({ neighbours: n }: Marker): string | undefined {
  return n.left || n.right || n.inside || n.rowHeader ? undefined : (n.columnHeader ?? n.above)
}

/** Short boxes side by side without a caption of their own: a number or date in parts, or dollars and cents. */
function samePart(a: Marker, b: Marker, labelOf: (m: Marker) => string): boolean {
  const gap = b.rect.x - (a.rect.x + a.rect.width)
  if (Math.abs(a.rect.y - b.rect.y) > 0.5 * a.rect.height || gap < -2 || gap > 26) return false
  const lead = b.neighbours.lead
  // The first part may stand right after what all of them are about.
  if (lead && (lead === a.neighbours.lead || lead === a.neighbours.left)) return true
  if (gap > 22 || hasCaption(b, a) || (labelOf(a) !== labelOf(b) && labelOf(b) !== '')) return false
  const cents = b.rect.width < 32 && a.rect.width > 1.5 * b.rect.width
  return cents || PART_WORDS.test(labelOf(a)) || (a.rect.width < 80 && b.rect.width < 80 && Boolean(a.maxLength && b.maxLength))
}

/** Has it a text of its own that its neighbour on the left has not? */
function hasCaption(m: Marker, other: Marker): boolean {
  return (['left', 'inside', 'above', 'below'] as const).some((side) => {
    const text = m.neighbours[side]
    return text !== undefined && /\p{L}/u.test(text) && text !== other.neighbours[side]
  })
}
