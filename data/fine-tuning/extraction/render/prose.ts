import type { CaptionedSlot } from './rows.js'
import { putText } from './entries.js'
import type { Sheet } from './sheet.js'
import type { Block, Studio } from './studio.js'

const OPENINGS = ['I,', 'The undersigned,', 'It is agreed that', 'Comes now', 'On behalf of', 'Before me appeared']
const JOINTS = [', of', ', and', '; further,', ', at', ', for', ', in the matter of', ', being']
const BLANK = { date: 80, phone: 100, number: 50, email: 150, text: 150 } as const

/** `after` is what must stay on the line of a blank: the beginning of its caption. */
type Piece = { word: string } | { item: CaptionedSlot; width: number; after: number }
const KEPT_WITH_BLANK = 220

function piecesOf(studio: Studio, items: CaptionedSlot[]): Piece[] {
  const { random } = studio
  const words = (text: string): Piece[] => text.split(' ').map((word) => ({ word }))
  return items.flatMap((item, i) => {
    const joint = i === 0 ? random.pick(OPENINGS) : random.pick(JOINTS).replace(/^[,;] ?/, '')
    const width = BLANK[item.slot.field.fieldType as keyof typeof BLANK] ?? 130
    const caption = item.caption.text.replace(/[:.]$/, '')
    const end = i === items.length - 1 ? '.' : ','
    const shown = `(${/^[A-Z][a-z]/.test(caption) ? caption[0]!.toLowerCase() + caption.slice(1) : caption})${end}`
    const after = Math.min(KEPT_WITH_BLANK, studio.faces.regular.width(shown, item.caption.size) * 1.05)
    return [...words(joint), { item, width, after }, ...words(shown)]
  })
}

/** Fields as blanks in a sentence, each with its caption in parentheses after it, as affidavits have them. */
export function proseBlocks(studio: Studio, items: CaptionedSlot[], width: number): Block[] {
  const { style, faces } = studio
  const size = style.size.caption
  const face = faces.regular
  const leading = Math.max(style.widgetHeight + 4, size * 1.9)
  const lines: { piece: Piece; x: number }[][] = [[]]
  let x = 0
  for (const piece of piecesOf(studio, items)) {
    const wide = 'word' in piece ? face.width(piece.word, size) : piece.width
    const kept = 'word' in piece ? wide : wide + piece.after
    if (x + kept > width && x > 0) {
      lines.push([])
      x = 0
    }
    lines.at(-1)!.push({ piece, x })
    x += wide + size * 0.35
  }
  const drawPiece = (sheet: Sheet, piece: Piece, left: number, baseline: number) => {
    if ('word' in piece) return sheet.text(piece.word, left, baseline, { face, size })
    const height = Math.min(style.widgetHeight, leading - 3)
    sheet.line(left, baseline + 1.5, left + piece.width, baseline + 1.5, style.weight)
    putText(studio, piece.item.slot, sheet, { x: left, y: baseline + 1 - height, width: piece.width, height })
  }
  return lines.map((line) => ({
    height: leading,
    draw: (sheet, left, y) => {
      for (const { piece, x: shift } of line) drawPiece(sheet, piece, left + shift, y + leading - 4)
    },
  }))
}
