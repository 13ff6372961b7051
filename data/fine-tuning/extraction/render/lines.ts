import { paragraph } from './captions.js'
import { singleCheck } from './choices.js'
import { amountEntry, makeEntry } from './entries.js'
import { questionBlocks, questionRun } from './questions.js'
import type { Sheet } from './sheet.js'
import { type CaptionedSlot, isSingleCheck } from './rows.js'
import type { Block, Studio } from './studio.js'

interface LineColumns {
  number: number
  text: number
  repeat: number
  amount: number
}

function columnsOf(studio: Studio, width: number): LineColumns {
  const number = Math.max(18, studio.style.size.caption * 2.4)
  const repeat = studio.style.amounts.repeatNumber ? 22 : 0
  const amount = Math.min(width * 0.3, studio.style.size.caption * 11)
  return { number, repeat, amount, text: width - number - repeat - amount - 4 }
}

/** Dots (or a rule) from the end of a caption's last line to the amount. */
function leader(studio: Studio, sheet: Sheet, from: number, to: number, baseline: number): void {
  const { leader: kind } = studio.style.amounts
  const { regular } = studio.faces
  const size = studio.style.size.caption
  if (kind === 'none' || to - from < 14) return
  if (kind === 'line') {
    sheet.line(from + 3, baseline, to - 3, baseline, 0.4, '1 2')
    return
  }
  const unit = kind === 'dots' ? '. ' : '.'
  const count = Math.floor((to - from - 6) / regular.width(unit, size))
  if (count > 2) sheet.text(unit.repeat(count).trimEnd(), to - 3 - regular.width(unit, size) * count, baseline, { face: regular, size })
}

/** The number at a line's start; by style "b" alone under "4a". */
function lineNumber(studio: Studio, sheet: Sheet, number: string, x: number, baseline: number): void {
  const { style, faces } = studio
  const letter = style.amounts.letterAlone ? /^\d+([b-z])$/.exec(number)?.[1] : undefined
  const shown = letter ?? number
  const indent = letter ? style.size.caption * 1.1 : shown.length < 2 ? 5 : 0
  sheet.text(shown, x + indent, baseline, { face: faces.bold, size: style.size.caption })
}

/** "4a  Wages, salaries, tips . . . . . 4a [      ]": one numbered line with its amount at the right. */
function amountLine(studio: Studio, item: CaptionedSlot, width: number, inner: boolean): Block {
  const { style, faces } = studio
  const columns = columnsOf(studio, width)
  const shift = inner ? columns.amount + columns.repeat : 0
  const size = style.size.caption
  const caption = paragraph(item.caption.face, item.caption.text, size, columns.text - shift - 16)
  const help = item.caption.help ? paragraph(faces.italic, item.caption.help, Math.max(6, size - 1), columns.text - shift - 16) : undefined
  const look = style.look === 'line' ? 'line' : 'box'
  const entry =
    item.slot.field.fieldType === 'currency' ? amountEntry(studio, item.slot, look) : makeEntry(studio, item.slot, columns.amount, look)
  const textHeight = caption.height + (help?.height ?? 0)
  const height = Math.max(textHeight, entry.height) + 1
  return {
    height: height + (style.amounts.grid === 'none' ? Math.min(style.gap, 4) / 2 : 0),
    draw: (sheet, x, y) => {
      const textX = x + columns.number
      const boxX = x + width - columns.amount - shift
      const bottom = y + height - entry.height
      const top = textHeight < entry.height ? y + height - textHeight - 2 : y
      const number = { face: faces.bold, size }
      if (style.amounts.grid !== 'none') {
        sheet.line(x, y + height, x + width, y + height, style.weight * 0.7)
        if (style.amounts.grid === 'full') sheet.line(x + columns.number - 3, y, x + columns.number - 3, y + height, style.weight * 0.7)
      }
      lineNumber(studio, sheet, item.caption.number, x, top + size * 0.8)
      help?.draw(sheet, textX, top)
      caption.draw(sheet, textX, top + (help?.height ?? 0))
      const last = caption.lines.at(-1) ?? ''
      const baseline = top + (help?.height ?? 0) + (caption.lines.length - 1) * size * 1.15 + size * 0.8
      leader(studio, sheet, textX + item.caption.face.width(last, size), boxX - columns.repeat, baseline)
      if (columns.repeat > 0 && item.caption.number) {
        const shown = item.caption.number.replace(/[().]/g, '')
        if (look === 'box') sheet.box(boxX - columns.repeat, bottom, columns.repeat, entry.height, style.weight)
        sheet.text(shown, boxX - columns.repeat / 2 - faces.bold.width(shown, size) / 2, bottom + entry.height - 3.5, number)
      }
      entry.draw(sheet, boxX, bottom, columns.amount)
    },
  }
}

/** A numbered line whose answer is words or boxes: they stand after the caption or under it. */
function wordLine(studio: Studio, item: CaptionedSlot, width: number): Block {
  const { style } = studio
  const size = style.size.caption
  const indent = columnsOf(studio, width).number
  const room = width - indent
  const number = (sheet: Sheet, x: number, y: number) => lineNumber(studio, sheet, item.caption.number, x, y + size * 0.8)
  if (isSingleCheck(item)) {
    const entry = singleCheck(studio, item.slot, item.caption.text, room)
    return {
      height: entry.height + style.gap / 2,
      draw: (sheet, x, y) => {
        number(sheet, x, y + 1)
        entry.draw(sheet, x + indent, y, room)
      },
    }
  }
  const text = [item.caption.text, item.caption.help].filter(Boolean).join(' ')
  const natural = item.caption.face.width(text, size) + 8
  const beside = natural < room * 0.55 && item.slot.field.fieldType !== 'longText'
  const caption = paragraph(item.caption.face, text, size, beside ? natural : room)
  const entryWidth = beside ? room - natural : room
  const entry = makeEntry(studio, item.slot, entryWidth, style.look)
  const height = beside ? Math.max(caption.height, entry.height) : caption.height + 2 + entry.height
  return {
    height: height + style.gap,
    draw: (sheet, x, y) => {
      const low =
        beside &&
        entry.height <= style.widgetHeight + 6 &&
        entry.height > caption.height &&
        item.slot.field.widget !== 'yesno' &&
        item.slot.field.widget !== 'checks'
      const top = low ? y + entry.height - size * 1.05 - 1 : y
      number(sheet, x, top)
      caption.draw(sheet, x + indent, top)
      entry.draw(sheet, x + indent + (beside ? natural : 0), beside ? y : y + caption.height + 2, Math.min(entryWidth, entry.max))
    },
  }
}

const isAmount = ({ slot }: CaptionedSlot): boolean =>
  (slot.field.fieldType === 'currency' || slot.field.fieldType === 'number') &&
  (slot.field.widget === undefined || slot.field.widget === 'text')

/** Questions of the same short answers share their heads where the form's manner has it so. */
function withQuestions(studio: Studio, items: CaptionedSlot[], width: number, line: (item: CaptionedSlot, i: number) => Block): Block[] {
  const blocks: Block[] = []
  for (let i = 0; i < items.length; ) {
    const run = studio.style.checks.heads ? questionRun(items, i) : 0
    if (run >= 2) blocks.push(...questionBlocks(studio, items.slice(i, i + run), width))
    else blocks.push(line(items[i]!, i))
    i += Math.max(1, run >= 2 ? run : 1)
  }
  return blocks
}

/** Numbered lines as tax forms have them. */
export function lineBlocks(studio: Studio, items: CaptionedSlot[], width: number): Block[] {
  const inner = studio.style.amounts.innerColumn && width > 400
  return withQuestions(studio, items, width, (item, i) => {
    if (!isAmount(item)) return wordLine(studio, item, width)
    const next = items[i + 1]
    return amountLine(studio, item, width, inner && next !== undefined && isAmount(next) && i % 3 !== 2)
  })
}

/** Numbered or lettered questions, each with its answer under it or, for boxes, at its end. */
export function listBlocks(studio: Studio, items: CaptionedSlot[], width: number): Block[] {
  return withQuestions(studio, items, width, (item) => wordLine(studio, item, width))
}
