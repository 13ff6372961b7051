import { paragraph } from './captions.js'
import { drawBox, putBoxes } from './choices.js'
import type { CaptionedSlot } from './rows.js'
import type { Block, Studio } from './studio.js'

const COLUMN = 30

export function optionsOfQuestion({ slot }: CaptionedSlot): string[] {
  return slot.field.options?.length ? slot.field.options : ['Yes', 'No']
}

/** A question whose answer is one of a few short words, so that the words can stand as column heads. */
export function isShortQuestion(item: CaptionedSlot): boolean {
  const { widget } = item.slot.field
  const options = optionsOfQuestion(item)
  return (widget === 'yesno' || widget === 'checks') && options.length <= 3 && options.every((o) => o.length <= 7)
}

/** How many of the items from `from` can share one pair of "Yes" and "No" heads. */
export function questionRun(items: CaptionedSlot[], from: number): number {
  const first = items[from]
  if (!first || !isShortQuestion(first)) return 0
  const heads = optionsOfQuestion(first).join('|')
  let end = from
  while (end < items.length && isShortQuestion(items[end]!) && optionsOfQuestion(items[end]!).join('|') === heads) end++
  return end - from
}

/** Questions down the page, their boxes under shared heads at the right. */
export function questionBlocks(studio: Studio, items: CaptionedSlot[], width: number): Block[] {
  const { style, faces } = studio
  const size = style.size.caption
  const options = optionsOfQuestion(items[0]!)
  const room = width - options.length * COLUMN - 6
  const ruled = style.table.rules === 'full' || style.table.rules === 'horizontal'
  const boxX = (x: number, i: number) => x + width - (options.length - i) * COLUMN + (COLUMN - style.checks.size) / 2
  const header: Block = {
    height: size * 1.2 + 2,
    keep: true,
    draw: (sheet, x, y) => {
      options.forEach((option, i) => {
        sheet.text(option, boxX(x, i) + style.checks.size / 2 - faces.bold.width(option, size) / 2, y + size, { face: faces.bold, size })
      })
    },
  }
  const rows = items.map((item): Block => {
    const number = item.caption.number
    const indent = number ? Math.max(16, size * 2.2) : 0
    const text = paragraph(item.caption.face, [item.caption.text, item.caption.help].filter(Boolean).join(' '), size, room - indent)
    const height = Math.max(text.height, style.checks.size) + 4
    return {
      height,
      header,
      draw: (sheet, x, y) => {
        if (number) sheet.text(number, x + 1, y + 2 + size * 0.8, { face: faces.bold, size })
        text.draw(sheet, x + indent, y + 2)
        const areas = options.map((_, i) => drawBox(studio, sheet, boxX(x, i), y + 2))
        putBoxes(studio, item.slot, sheet, areas, options, style.checks.radio)
        if (ruled) sheet.line(x, y + height, x + width, y + height, style.weight * 0.7)
      },
    }
  })
  return [header, ...rows]
}
