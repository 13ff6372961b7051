import { paragraph } from './captions.js'
import { space } from './studio.js'
import type { Block, Studio } from './studio.js'

/** Fine print of the sort that stands between the parts of a form: text near fields that names none of them. */
const PARAGRAPHS = [
  'The information on this form is collected under the authority of the enabling statute of the agency. Giving it is voluntary, but the agency may be unable to act on your request when items are left blank. Records are kept for the period set in the retention schedule and are shared only as the law allows.',
  'A person who knowingly makes a false statement, or hides a material fact, in a document filed with this office may be fined, imprisoned, or both, and may lose any benefit granted because of that statement.',
  'We estimate that it takes between 20 and 45 minutes to read the instructions, gather the records and complete this form. Send comments about the estimate to the address in the instructions; do not send completed forms there.',
  'Language help is available at no cost. Ask at the counter or call the number on the first page. If you use a relay service, give the operator the same number.',
  'Keep a copy for your records. Incomplete forms are returned. The filing date is the day on which a complete form and the full fee reach this office.',
  'By submitting this form you allow the agency to check what you have stated with other public bodies, employers, and institutions, to the extent needed to decide on your request.',
  'Decisions are mailed within 30 days. You may ask for a hearing in writing within 15 days of the date on the notice. Asking for a hearing does not by itself stay the decision.',
  'Use black ink or type. Where more room is needed, attach a plain sheet that carries the same heading and the number of the item it continues.',
]

/** A paragraph of fine print, now and then, set across the page or boxed. */
export function legalBlocks(studio: Studio, width: number): Block[] {
  const { random, style, faces } = studio
  if (!random.chance(style.legal)) return []
  const text = random.shuffle(PARAGRAPHS).slice(0, random.int(1, 2)).join(' ')
  const boxed = random.chance(0.25)
  const face = random.chance(0.2) ? faces.bold : faces.regular
  const inset = boxed ? 5 : 0
  const lines = paragraph(face, text, Math.max(6, style.size.body - 1.5), width - 2 * inset, { leading: 1.1 })
  const height = lines.height + 2 * inset + 2
  const block: Block = {
    height,
    draw: (sheet, x, y) => {
      if (boxed) sheet.box(x, y, width, height, style.weight)
      lines.draw(sheet, x + inset, y + inset)
    },
  }
  return [block, space(4)]
}

/** A page of nothing but notices, as many forms end with. */
export function noticeBlocks(studio: Studio, width: number): Block[] {
  const { faces, style, random } = studio
  const heading = paragraph(
    faces.bold,
    random.pick(['Instructions', 'Privacy Notice', 'General Information', 'Notice to Applicants']),
    style.size.heading,
    width,
  )
  const texts = random
    .shuffle(PARAGRAPHS)
    .map((text, i) => paragraph(faces.regular, `${i + 1}. ${text}`, Math.max(7, style.size.body), width))
  const blocks = texts.map((text): Block => ({ height: text.height + 6, draw: (sheet, x, y) => text.draw(sheet, x, y) }))
  return [{ height: heading.height + 6, keep: true, draw: (sheet, x, y) => heading.draw(sheet, x, y) }, ...blocks]
}

const OFFICE = [
  'Date received',
  'Case no.',
  'Received by',
  'Amount paid',
  'Receipt no.',
  'Approved',
  'Batch',
  'Audit',
  'County code',
  'Remarks',
]

/** "For office use only": captions in cells that nobody outside fills in, so that they have no widgets. */
export function officeBlocks(studio: Studio, width: number): Block[] {
  const { faces, style, random } = studio
  if (!style.officeBox) return []
  const captions = random.shuffle(OFFICE).slice(0, random.int(2, 4))
  const cell = (width - 90) / captions.length
  const block: Block = {
    height: 24,
    draw: (sheet, x, y) => {
      sheet.fill(x, y, 90, 24, 0.9)
      sheet.text('FOR OFFICE', x + 5, y + 10, { face: faces.bold, size: 7 })
      sheet.text('USE ONLY', x + 5, y + 19, { face: faces.bold, size: 7 })
      sheet.box(x, y, width, 24, style.weight)
      captions.forEach((caption, i) => {
        sheet.line(x + 90 + i * cell, y, x + 90 + i * cell, y + 24, style.weight)
        sheet.text(caption, x + 92 + i * cell, y + 8, { face: faces.regular, size: 6.5 })
      })
    },
  }
  return [block, space(6)]
}
