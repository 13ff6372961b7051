import { paragraph } from './captions.js'
import type { Random } from './random.js'
import type { Sheet } from './sheet.js'
import type { Block, Studio } from './studio.js'

/** What a form says of itself outside its fields; made up from the seed. */
export interface Furniture {
  formNumber: string
  revision: string
  control: string
  url: string
}

const MONTHS = ['January', 'March', 'June', 'July', 'October', 'December']
const LETTERS = ['AB', 'CD', 'DR', 'FS', 'HC', 'LR', 'MB', 'PS', 'RV', 'TX', 'UB', 'WC']

export function makeFurniture(random: Random, formNumber: string | undefined): Furniture {
  const year = random.int(2009, 2026)
  return {
    formNumber: formNumber ?? `${random.pick(LETTERS)}-${random.int(100, 9899)}`,
    revision: random.pick([
      `Rev. ${random.int(1, 12)}/${year}`,
      `(Rev. ${random.pick(MONTHS)} ${year})`,
      `${String(random.int(1, 12)).padStart(2, '0')}-${year % 100}`,
      `Revised ${year}`,
      `v${random.int(1, 9)}.${random.int(0, 9)}`,
    ]),
    control: random.chance(0.45) ? `OMB Control No. ${random.int(1000, 9999)}-${String(random.int(1, 400)).padStart(4, '0')}` : '',
    url: random.chance(0.3) ? `www.${random.pick(['forms', 'services', 'records', 'apply'])}.example.gov` : '',
  }
}

type HeaderParts = { studio: Studio; furniture: Furniture; width: number }

/** Form number left, title in the middle, control number right, ruled apart. */
function columnsHeader({ studio, furniture, width }: HeaderParts): Block {
  const { faces, style } = studio
  const { form } = studio.gold
  const side = Math.min(110, width * 0.2)
  const title = paragraph(faces.bold, form.title, style.size.title, width - 2 * side - 20, { align: 'center' })
  const agency = paragraph(faces.regular, form.agency, 8, width - 2 * side - 20, { align: 'center' })
  const right = paragraph(faces.regular, furniture.control || furniture.revision, 7.5, side - 6)
  const number = paragraph(faces.heavy, furniture.formNumber, 16, side)
  const height = Math.max(title.height + agency.height + 8, number.height + 22, 40)
  return {
    height: height + 8,
    draw: (sheet, x, y) => {
      sheet.text('Form', x, y + 9, { face: faces.regular, size: 7 })
      number.draw(sheet, x, y + 11)
      sheet.text(furniture.revision, x, y + height - 3, { face: faces.regular, size: 7 })
      title.draw(sheet, x + side + 10, y + 2)
      agency.draw(sheet, x + side + 10, y + title.height + 5)
      right.draw(sheet, x + width - side + 6, y + 6)
      sheet.line(x + side + 4, y, x + side + 4, y + height, 0.6)
      sheet.line(x + width - side, y, x + width - side, y + height, 0.6)
      sheet.line(x, y + height, x + width, y + height, 1)
    },
  }
}

/** Agency and title centred or at the left; the form number in a corner; by style a seal or a box. */
function stackedHeader({ studio, furniture, width }: HeaderParts, align: 'left' | 'center', decoration: 'none' | 'seal' | 'box'): Block {
  const { faces, style } = studio
  const { form } = studio.gold
  const indent = decoration === 'seal' ? 54 : decoration === 'box' ? 8 : 0
  const corner = faces.regular.width(furniture.formNumber, 8) + 12
  const room = width - indent - (align === 'left' ? corner : indent)
  const agency = paragraph(faces.bold, style.size.title % 3 === 0 ? form.agency.toUpperCase() : form.agency, 10, room, { align })
  const title = paragraph(faces.bold, style.size.title % 2 === 0 ? form.title : form.title.toUpperCase(), style.size.title, room, { align })
  const sub = paragraph(faces.regular, [furniture.url, furniture.control].filter(Boolean).join('   '), 7.5, room, { align })
  const height = Math.max(12 + agency.height + title.height + sub.height + 6, decoration === 'seal' ? 50 : 0)
  return {
    height: height + 8,
    draw: (sheet, x, y) => {
      if (decoration === 'box') sheet.box(x, y, width, height, 1)
      if (decoration === 'seal') {
        sheet.box(x + 2, y + 2, 44, 44, 1.5)
        sheet.box(x + 6, y + 6, 36, 36, 0.5)
        sheet.text(form.agency.slice(0, 1), x + 18, y + 31, { face: faces.heavy, size: 20 })
      }
      const cornerX = x + width - corner + (decoration === 'box' ? 4 : 8)
      sheet.text(furniture.formNumber, cornerX, y + 10, { face: faces.regular, size: 8 })
      agency.draw(sheet, x + indent, y + (align === 'left' ? 4 : 12))
      title.draw(sheet, x + indent, y + (align === 'left' ? 6 : 14) + agency.height)
      sub.draw(sheet, x + indent, y + (align === 'left' ? 8 : 15) + agency.height + title.height)
    },
  }
}

function bandHeader({ studio, furniture, width }: HeaderParts): Block {
  const { faces, style } = studio
  const { form } = studio.gold
  const title = paragraph(faces.bold, form.title, style.size.title, width - 110, { ink: 1 })
  const height = title.height + 24
  return {
    height: height + 8,
    draw: (sheet, x, y) => {
      sheet.fill(x, y, width, height, 0.15)
      sheet.text(form.agency, x + 8, y + 13, { face: faces.regular, size: 8.5, ink: 1 })
      title.draw(sheet, x + 8, y + 17)
      sheet.text(furniture.formNumber, x + width - 8 - faces.bold.width(furniture.formNumber, 9), y + 13, {
        face: faces.bold,
        size: 9,
        ink: 1,
      })
      sheet.text(furniture.revision, x + width - 8 - faces.regular.width(furniture.revision, 7), y + height - 6, {
        face: faces.regular,
        size: 7,
        ink: 1,
      })
    },
  }
}

export function headerBlock(studio: Studio, furniture: Furniture, width: number): Block {
  const parts = { studio, furniture, width }
  switch (studio.style.header) {
    case 'columns':
      return columnsHeader(parts)
    case 'band':
      return bandHeader(parts)
    case 'centered':
      return stackedHeader(parts, 'center', 'none')
    case 'seal':
      return stackedHeader(parts, 'left', 'seal')
    case 'boxed':
      return stackedHeader(parts, 'center', 'box')
    case 'stacked':
      return stackedHeader(parts, 'left', 'none')
  }
}

/** The line at the top of every page but the first. */
export function runningHead(studio: Studio, furniture: Furniture, sheet: Sheet, left: number, top: number, width: number): number {
  const { faces, style } = studio
  const face = faces.regular
  const number = `${furniture.formNumber}${style.footer === 'none' ? `  Page ${sheet.number}` : ''}`
  const { title } = studio.gold.form
  const shown = face.width(title, 8) < width - face.width(number, 8) - 20 ? title : `${title.slice(0, 50)}…`
  sheet.text(shown, left, top + 8, { face, size: 8 })
  sheet.text(number, left + width - face.width(number, 8), top + 8, { face, size: 8 })
  sheet.line(left, top + 11, left + width, top + 11, 0.5)
  return top + 18
}

/** Drawn when the number of pages is known. */
export function drawFooter(studio: Studio, furniture: Furniture, sheet: Sheet, pages: number): void {
  const { faces, style } = studio
  const { margin, width, height } = style.page
  const y = height - Math.max(14, margin * 0.6)
  const text = { face: faces.regular, size: 7 }
  const page = style.size.title % 2 === 0 ? `Page ${sheet.number} of ${pages}` : `${sheet.number}`
  const right = (shown: string) => sheet.text(shown, width - margin - faces.regular.width(shown, 7), y, text)
  const center = (shown: string) => sheet.text(shown, width / 2 - faces.regular.width(shown, 7) / 2, y, text)
  if (style.footer === 'form-and-page') {
    sheet.text(`${furniture.formNumber} ${furniture.revision}`, margin, y, text)
    right(page)
  } else if (style.footer === 'page') center(page)
  else if (style.footer === 'form') sheet.text(`Form ${furniture.formNumber} ${furniture.revision}`, margin, y, text)
  else if (style.footer === 'agency') {
    center(studio.gold.form.agency)
    right(page)
  }
}

const SIDE_NOTES = [
  'Please type or print in black ink',
  'Print or type',
  'Attach payment here',
  'Do not staple',
  'Detach along this line',
  'See instructions on the back',
]

/** A remark turned upwards in the left margin of the first page. */
export function drawSideNote(studio: Studio, sheet: Sheet): void {
  const { style, faces } = studio
  if (!style.sideNote || sheet.number > 1) return
  const note = SIDE_NOTES[style.size.title % SIDE_NOTES.length]!
  sheet.sideText(note, style.page.margin - 8, style.page.height / 2, { face: faces.bold, size: 8 })
}
