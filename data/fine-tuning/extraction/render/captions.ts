import type { AuthoredSection } from '../../../../contracts/index.js'
import type { Slot } from './gold.js'
import type { Sheet } from './sheet.js'
import type { Mode } from './style.js'
import type { Studio } from './studio.js'
import { type Face, wrap } from './type.js'

/** A caption as it is printed, measured for a width. */
export interface Caption {
  number: string
  text: string
  /** Small print that stands apart from the caption. */
  help: string
  face: Face
  size: number
}

/** A caption that begins with its own number or letter. */
const OWN_NUMBER = /^(\(?[A-Za-z0-9]{1,3}[.)]\s|\d+[a-z]?\s|[A-Z]\s{1,2}[A-Z])/

/** Gives fields their printed numbers, in the form's manner. */
export class Numberer {
  #count = 0
  #counts = true
  constructor(readonly studio: Studio) {}

  /** Call at the beginning of a section; one with printed numbers of its own gets no others. */
  section(fields: AuthoredSection['fields']): void {
    this.#counts = !fields.some((f) => !('table' in f) && (f.number !== undefined || OWN_NUMBER.test(f.printed ?? f.label)))
    if (this.studio.style.numbersRestart) this.#count = 0
  }

  /** `always`: lines of a tax form have numbers whatever the form's manner. */
  next(slot: Slot, always = false): string {
    if (slot.field.number) return slot.field.number
    if (!this.#counts) return ''
    const wanted = this.studio.style.numbering
    const numbering = wanted === 'none' && always ? '1' : wanted
    if (numbering === 'none') return ''
    this.#count += 1
    const letter =
      this.#count > 26
        ? `${String.fromCharCode(64 + Math.floor((this.#count - 1) / 26))}${String.fromCharCode(65 + ((this.#count - 1) % 26))}`
        : String.fromCharCode(64 + this.#count)
    return {
      '1.': `${this.#count}.`,
      '1': `${this.#count}`,
      '(1)': `(${this.#count})`,
      'A.': `${letter}.`,
      '1)': `${this.#count})`,
      '#1': `${this.#count}.`,
    }[numbering]
  }
}

/** The printed caption of a field: its words, and what the form's manner adds. */
export function captionOf(studio: Studio, slot: Slot, number: string, mode: Mode): Caption {
  const { style, faces } = studio
  const { field } = slot
  let text = (field.printed ?? field.label).trim()
  if (style.upper && text.length < 48) text = text.toUpperCase()
  const help = field.help ?? ''
  const inParenthesis = help !== '' && help.length < 60 && style.help === 'parenthesis'
  if (inParenthesis) text += /^\(.*\)$/.test(help) ? ` ${help}` : ` (${help.replace(/\.$/, '')})`
  const hint = field.fieldType === 'date' && field.widget !== 'parts' && !/\(/.test(text) ? style.special.dateHint : ''
  if (hint) text += ` ${hint}`
  if (style.colon && (mode === 'left' || mode === 'aligned' || mode === 'above') && !/[:?.)]$/.test(text)) text += ':'
  if (field.required && style.star !== 'none') text = style.star === 'after' ? `${text} *` : `* ${text}`
  return {
    number,
    text,
    help: inParenthesis || style.help === 'none' ? '' : help,
    face: style.boldCaptions ? faces.bold : faces.regular,
    size: style.size.caption,
  }
}

/** Number and text in one run. */
export function fullText(caption: Caption): string {
  return caption.number ? `${caption.number} ${caption.text}` : caption.text
}

export interface Paragraph {
  lines: string[]
  height: number
  width: number
  draw(sheet: Sheet, x: number, y: number): void
}

/** Wrapped text; its first baseline is 0.8 of the size below the top. */
export function paragraph(
  face: Face,
  text: string,
  size: number,
  width: number,
  options: { leading?: number; ink?: number; align?: 'left' | 'center' | 'right' } = {},
): Paragraph {
  const lines = wrap(face, text, size, width)
  const leading = size * (options.leading ?? 1.15)
  const widest = Math.max(0, ...lines.map((l) => face.width(l, size)))
  return {
    lines,
    height: lines.length * leading,
    width: widest,
    draw: (sheet, x, y) => {
      lines.forEach((line, i) => {
        const slack = width - face.width(line, size)
        const shift = options.align === 'center' ? slack / 2 : options.align === 'right' ? slack : 0
        sheet.text(line, x + shift, y + size * 0.8 + i * leading, { face, size, ink: options.ink ?? 0 })
      })
    },
  }
}

/** A bilingual caption ("Name / Nombre") may stand in two lines, each language in its own. */
export function captionBlock(studio: Studio, caption: Caption, width: number): Paragraph {
  const { faces } = studio
  const halves = studio.gold.form.language === 'es-en' ? caption.text.split(' / ') : []
  if (halves.length !== 2 || studio.style.numbering !== 'none' || studio.style.colon)
    return withHelp(studio, caption, paragraph(caption.face, fullText(caption), caption.size, width), width)
  const first = paragraph(caption.face, halves[0]!, caption.size, width)
  const second = paragraph(faces.italic, halves[1]!, caption.size, width)
  return withHelp(studio, caption, stack(first, second), width)
}

function withHelp(studio: Studio, caption: Caption, above: Paragraph, width: number): Paragraph {
  if (!caption.help) return above
  return stack(above, paragraph(studio.faces.italic, caption.help, Math.max(5.5, caption.size - 1), width))
}

function stack(above: Paragraph, below: Paragraph): Paragraph {
  return {
    lines: [...above.lines, ...below.lines],
    height: above.height + below.height,
    width: Math.max(above.width, below.width),
    draw: (sheet, x, y) => {
      above.draw(sheet, x, y)
      below.draw(sheet, x, y + above.height)
    },
  }
}
