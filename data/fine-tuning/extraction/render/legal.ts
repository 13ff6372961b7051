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
