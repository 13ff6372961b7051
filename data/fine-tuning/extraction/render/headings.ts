import { paragraph } from './captions.js'
import type { Block, Studio } from './studio.js'

const ROMAN = [
  'I',
  'II',
  'III',
  'IV',
  'V',
  'VI',
  'VII',
  'VIII',
  'IX',
  'X',
  'XI',
  'XII',
  'XIII',
  'XIV',
  'XV',
  'XVI',
  'XVII',
  'XVIII',
  'XIX',
  'XX',
]

/** The printed part of a heading that counts: "Part II", "Section 3", "C.". */
export function partNumber(studio: Studio, index: number, printed: string): string {
  if (/^(part|section|step|schedule|article|item|[a-z]\.|[ivx]+\.|\d+\.)\b/i.test(printed)) return ''
  const roman = ROMAN[index] ?? String(index + 1)
  return {
    none: '',
    'Part I': `Part ${roman}`,
    'Section 1': `Section ${index + 1}`,
    'A.': `${String.fromCharCode(65 + (index % 26))}.`,
    'I.': `${roman}.`,
    'STEP 1': `STEP ${index + 1}`,
  }[studio.style.partNumbers]
}

function joined(part: string, title: string): string {
  if (part === '') return title
  return /\.$/.test(part) ? `${part} ${title}` : `${part}${title.includes(':') ? ' – ' : ': '}${title}`
}

/** "Part II" in a black box, the title beside it. */
function boxedPart(studio: Studio, part: string, title: string, width: number): Block {
  const { faces, style } = studio
  const size = style.size.heading
  const label = part.replace(/\.$/, '')
  const boxWidth = label ? faces.bold.width(label, size) + 12 : 0
  const text = paragraph(faces.bold, title, size, width - boxWidth - 10)
  const height = Math.max(text.height, size * 1.15) + 4
  return {
    height: height + 3,
    keep: true,
    draw: (sheet, x, y) => {
      if (label) {
        sheet.fill(x, y, boxWidth, size * 1.15 + 4, 0)
        sheet.text(label, x + 6, y + size * 0.8 + 2.5, { face: faces.bold, size, ink: 1 })
      }
      text.draw(sheet, x + boxWidth + (label ? 8 : 0), y + 2.5)
      sheet.line(x, y, x + width, y, style.weight)
      sheet.line(x, y + height, x + width, y + height, style.weight)
    },
  }
}

/** A section's heading as its form prints headings. */
export function headingBlock(studio: Studio, part: string, title: string, width: number): Block {
  const { style, faces } = studio
  const kind = style.heading === 'side' || style.heading === 'left-column' ? 'bold-line' : style.heading
  if (kind === 'boxed-part') return boxedPart(studio, part, title, width)
  const upper = style.size.heading < 11 && (kind === 'plain' || kind === 'dark-band') && title.length < 40
  const shown = upper ? joined(part, title).toUpperCase() : joined(part, title)
  const band = kind === 'band' || kind === 'dark-band'
  const pad = band ? 3 : 1.5
  const align = kind === 'centered' || (band && style.size.title % 2 === 0) ? 'center' : 'left'
  const text = paragraph(faces.bold, shown, style.size.heading, width - (band ? 8 : 0), { ink: kind === 'dark-band' ? 1 : 0, align })
  const height = text.height + 2 * pad
  return {
    height: height + (band ? 3 : 4),
    keep: true,
    draw: (sheet, x, y) => {
      if (band) sheet.fill(x, y, width, height, kind === 'band' ? 0.85 : 0.1)
      text.draw(sheet, x + (band ? 4 : 0), y + pad)
      if (kind === 'bold-line') sheet.line(x, y + height, x + width, y + height, 1.2)
      if (kind === 'underlined') sheet.line(x, y + height - 1, x + text.width, y + height - 1, 0.6)
      if (kind === 'ruled-both') {
        sheet.line(x, y, x + width, y, 0.8)
        sheet.line(x, y + height, x + width, y + height, 0.8)
      }
    },
  }
}

export const SIDE_STRIP = 18

/** A whole section beside its heading, which is turned to read upwards. Undefined when the section is too low for it. */
export function sideSection(studio: Studio, part: string, title: string, blocks: Block[]): Block | undefined {
  const { faces, style } = studio
  const size = Math.min(style.size.heading, 10)
  const text = joined(part, title)
  const long = faces.bold.width(text, size)
  const height = blocks.reduce((sum, b) => sum + b.height, 0)
  if (height < long + 8) return undefined
  const dark = style.table.header === 'dark'
  return {
    height: height + 4,
    draw: (sheet, x, y) => {
      sheet.fill(x, y, SIDE_STRIP - 4, height, dark ? 0.15 : 0.87)
      sheet.sideText(text, x + SIDE_STRIP / 2 - 2 + size * 0.35, y + height / 2 + long / 2, { face: faces.bold, size, ink: dark ? 1 : 0 })
      let top = y
      for (const block of blocks) {
        block.draw(sheet, x + SIDE_STRIP, top)
        top += block.height
      }
    },
  }
}

/** Share of the width that headings in a column of their own take. */
export const HEADING_COLUMN = 0.2

/** The heading in a column at the left, at the height of its section's first block. */
export function withLeftHeading(studio: Studio, part: string, title: string, blocks: Block[], width: number): Block[] {
  const [first, ...rest] = blocks
  if (!first) return []
  const { faces, style } = studio
  const column = width * HEADING_COLUMN
  const text = paragraph(faces.bold, joined(part, title), Math.min(style.size.heading, 11), column - 8)
  const lead: Block = {
    ...first,
    height: Math.max(first.height, text.height) + 4,
    draw: (sheet, x, y) => {
      sheet.line(x, y, x + width, y, 0.8)
      text.draw(sheet, x, y + 4)
      first.draw(sheet, x + column, y + 4)
    },
  }
  return [
    lead,
    ...rest.map((block) => ({
      ...block,
      ...(block.header ? { header: shifted(block.header, column) } : {}),
      draw: shifted(block, column).draw,
    })),
  ]
}

function shifted(block: Block, by: number): Block {
  return { ...block, draw: (sheet, x, y) => block.draw(sheet, x + by, y) }
}
