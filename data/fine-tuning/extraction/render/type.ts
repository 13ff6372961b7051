import type { PDFFont } from '@cantoo/pdf-lib'

/** Characters outside WinAnsi that authored text may hold, as the standard fonts can print them. */
const SUBSTITUTES: Record<string, string> = {
  '☐': '[ ]',
  '≥': '>=',
  '≤': '<=',
  '→': '-',
  '►': '-',
  '▶': '-',
  '−': '-',
  '‑': '-',
  '✓': 'x',
  '\u00a0': ' ',
  '\u2009': ' ',
}
const WIN_ANSI = /[^\x20-\x7e\u00a1-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/g

export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(WIN_ANSI, (c) => SUBSTITUTES[c] ?? '')
}

/** A standard font with its measured characters. */
export class Face {
  readonly #widths = new Map<string, number>()
  constructor(
    readonly font: PDFFont,
    /** The name in each page's resources. */
    readonly key: string,
  ) {}

  /** Points, without kerning: exactly what showing the text advances. */
  width(text: string, size: number): number {
    let total = 0
    for (const c of text) {
      let width = this.#widths.get(c)
      if (width === undefined) {
        width = this.font.widthOfTextAtSize(c, 1)
        this.#widths.set(c, width)
      }
      total += width
    }
    return total * size
  }

  encode(text: string): string {
    return this.font.encodeText(text).toString()
  }
}

/** Lines no wider than `width`; a word that alone is wider stands alone. */
export function wrap(face: Face, text: string, size: number, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).split(' ').filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && face.width(longer, size) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  if (line !== '') lines.push(line)
  return lines
}

/** The faces of one form. */
export interface Faces {
  regular: Face
  bold: Face
  italic: Face
  /** For boxed part labels, form numbers and check marks. */
  heavy: Face
}
