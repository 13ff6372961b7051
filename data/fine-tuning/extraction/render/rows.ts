import type { AuthoredField } from '../../../../contracts/index.js'
import { type Caption, captionBlock } from './captions.js'
import { singleCheck } from './choices.js'
import { makeEntry, putText } from './entries.js'
import type { Slot } from './gold.js'
import type { Look, Mode } from './style.js'
import type { Block, Entry, Studio } from './studio.js'

export interface CaptionedSlot {
  slot: Slot
  caption: Caption
}
/** A field in its place on a line: measured for its width, drawn when the line's height is known. */
export interface Cell {
  width: number
  height: number
  draw(sheet: Parameters<Block['draw']>[0], x: number, y: number, height: number): void
}

const SHARE: Record<AuthoredField['fieldType'], number> = {
  text: 0.5,
  email: 0.45,
  phone: 0.3,
  url: 0.5,
  number: 0.22,
  currency: 0.28,
  date: 0.25,
  boolean: 1,
  choice: 0.5,
  longText: 1,
}

/** The share of a line that a field gets; narrow regions give each field more. */
function shareOf(field: AuthoredField, width: number): number {
  const whole = field.widget === 'checks' || field.widget === 'multiline' || (field.widget === 'yesno' && field.label.length > 40)
  const share = field.width ?? (whole ? 1 : field.maxLength && field.maxLength <= 5 ? 0.15 : SHARE[field.fieldType])
  return Math.min(1, width < 340 ? share * 1.8 : share)
}

/** Fills lines from left to right; each field gets its share, at least what it needs, and the last stretch evens out. */
export function pack(
  items: CaptionedSlot[],
  width: number,
  gap: number,
  needs: (item: CaptionedSlot) => number,
  even = true,
): { item: CaptionedSlot; width: number }[][] {
  const rows: { item: CaptionedSlot; width: number }[][] = []
  let row: { item: CaptionedSlot; width: number }[] = []
  let used = 0
  for (const item of items) {
    const wanted = Math.min(width, Math.max(shareOf(item.slot.field, width) * width, needs(item)))
    if (row.length > 0 && used + gap + wanted > width * 1.02) {
      rows.push(row)
      row = []
      used = 0
    }
    used += wanted + (row.length > 0 ? gap : 0)
    row.push({ item, width: wanted })
  }
  if (row.length > 0) rows.push(row)
  return rows.map((r) => {
    const room = width - gap * (r.length - 1)
    return even || r.reduce((sum, c) => sum + c.width, 0) > room ? stretch(r, room) : r
  })
}

function stretch(row: { item: CaptionedSlot; width: number }[], width: number): { item: CaptionedSlot; width: number }[] {
  const total = row.reduce((sum, c) => sum + c.width, 0)
  return row.map((c) => ({ ...c, width: (c.width / total) * width }))
}

const drawnWidth = (entry: Entry, width: number): number => Math.min(width, entry.max)

export function isSingleCheck({ slot }: CaptionedSlot): boolean {
  return slot.field.widget === 'check' || (slot.field.fieldType === 'boolean' && slot.field.widget === undefined)
}

/** A tick box carries its caption in every mode. */
export function checkCell(studio: Studio, item: CaptionedSlot, width: number, inset: number): Cell {
  const text = item.caption.number ? `${item.caption.number} ${item.caption.text}` : item.caption.text
  const entry = singleCheck(studio, item.slot, text, width - 2 * inset)
  return {
    width,
    height: entry.height + 2 * inset,
    draw: (sheet, x, y, height) => entry.draw(sheet, x + inset, y + Math.max(inset, (height - entry.height) / 2), width - 2 * inset),
  }
}

/** One line of text in one widget. */
export function isPlain({ slot }: CaptionedSlot): boolean {
  const { widget, fieldType } = slot.field
  return (widget === undefined || widget === 'text') && fieldType !== 'currency' && fieldType !== 'longText' && fieldType !== 'boolean'
}

/** Caption at the top left inside a ruled cell, the widget filling the rest. */
export function boxedCell(studio: Studio, item: CaptionedSlot, width: number): Cell {
  const { style } = studio
  const inset = 2.5
  if (isSingleCheck(item)) return checkCell(studio, item, width, inset)
  const caption = captionBlock(studio, item.caption, width - 2 * inset)
  const entry = makeEntry(studio, item.slot, width - 2 * inset, 'bare', studio.random.int(2, 4))
  const height = inset + caption.height + 1 + entry.height + 1.5
  const whole = style.wholeCell && isPlain(item)
  return {
    width,
    height,
    draw: (sheet, x, y, rowHeight) => {
      caption.draw(sheet, x + inset, y + inset)
      if (whole) return putText(studio, item.slot, sheet, { x: x + 1, y: y + 1, width: width - 2, height: rowHeight - 2 })
      entry.draw(
        sheet,
        x + inset,
        y + Math.max(inset + caption.height + 1, rowHeight - entry.height - 1.5 - style.weight),
        drawnWidth(entry, width - 2 * inset),
      )
    },
  }
}

export function aboveCell(studio: Studio, item: CaptionedSlot, width: number): Cell {
  if (isSingleCheck(item)) return checkCell(studio, item, width, 1)
  const caption = captionBlock(studio, item.caption, width)
  const entry = makeEntry(studio, item.slot, width, studio.style.look, studio.random.int(2, 4))
  return {
    width,
    height: caption.height + 1.5 + entry.height,
    draw: (sheet, x, y, height) => {
      const top = y + height - entry.height
      caption.draw(sheet, x, top - caption.height - 1.5)
      entry.draw(sheet, x, top, drawnWidth(entry, width))
    },
  }
}

export function belowCell(studio: Studio, item: CaptionedSlot, width: number): Cell {
  if (isSingleCheck(item)) return checkCell(studio, item, width, 1)
  const choice = item.slot.field.widget === 'checks' || item.slot.field.widget === 'yesno'
  if (choice) return aboveCell(studio, item, width)
  const caption = captionBlock(studio, item.caption, width)
  const entry = makeEntry(studio, item.slot, width, studio.style.look === 'box' ? 'line' : studio.style.look, studio.random.int(2, 4))
  return {
    width,
    height: entry.height + 1.5 + caption.height + 2,
    draw: (sheet, x, y) => {
      entry.draw(sheet, x, y, drawnWidth(entry, width))
      caption.draw(sheet, x + 1, y + entry.height + 1.5)
    },
  }
}

/** Caption left, widget in what is left of the cell; long captions take two or three lines. */
export function leftCell(studio: Studio, item: CaptionedSlot, width: number, column?: { width: number; align: 'left' | 'right' }): Cell {
  if (isSingleCheck(item)) return checkCell(studio, item, width, 1)
  const wanted = item.caption.face.width(
    item.caption.number ? `${item.caption.number} ${item.caption.text}` : item.caption.text,
    item.caption.size,
  )
  const limit = column?.width ?? Math.min(wanted + 1, width * 0.58)
  const caption = captionBlock(studio, item.caption, limit)
  const shift = column?.align === 'right' ? limit - caption.width : 0
  const entryX = column ? limit + 6 : Math.min(limit, caption.width) + 4
  const entry = makeEntry(studio, item.slot, width - entryX, studio.style.look, studio.random.int(2, 4))
  const height = Math.max(caption.height, entry.height)
  const first = studio.style.size.caption
  return {
    width,
    height,
    draw: (sheet, x, y) => {
      const choice = item.slot.field.widget === 'checks' || item.slot.field.widget === 'yesno'
      const oneLine = caption.lines.length === 1 && entry.height <= studio.style.widgetHeight + 6 && !choice
      caption.draw(sheet, x + shift, oneLine ? y + entry.height - first * 1.05 - 1 : y + (choice ? 0.5 : 1))
      entry.draw(
        sheet,
        x + entryX,
        caption.lines.length > 1 && !choice && entry.height < caption.height ? y + height - entry.height : y,
        drawnWidth(entry, width - entryX),
      )
    },
  }
}

/** Caption printed in the widget's own area, faint, as web-made forms have it. */
export function placeholderCell(studio: Studio, item: CaptionedSlot, width: number): Cell {
  const { widget } = item.slot.field
  const plain = widget === undefined || widget === 'text' || widget === 'dropdown'
  const fits = item.caption.face.width(item.caption.text, item.caption.size) < width - 6
  if (isSingleCheck(item) || !plain || !fits || item.slot.field.fieldType === 'currency' || item.slot.field.fieldType === 'longText')
    return aboveCell(studio, item, width)
  const look: Look = studio.style.look === 'line' ? 'box' : studio.style.look
  const entry = makeEntry(studio, item.slot, width, look)
  return {
    width,
    height: entry.height,
    draw: (sheet, x, y, height) => {
      const top = y + height - entry.height
      entry.draw(sheet, x, top, width)
      sheet.text(item.caption.text, x + 3, top + entry.height / 2 + item.caption.size * 0.35, {
        face: item.caption.face,
        size: item.caption.size,
        ink: 0.45,
      })
    },
  }
}

type CellMaker = (studio: Studio, item: CaptionedSlot, width: number) => Cell
const MAKERS: Record<'cells' | 'left' | 'above' | 'below' | 'placeholder', CellMaker> = {
  cells: boxedCell,
  left: leftCell,
  above: aboveCell,
  below: belowCell,
  placeholder: placeholderCell,
}

/** The least width at which caption and widget both look right. */
function needed({ slot, caption }: CaptionedSlot, mode: Mode, width: number): number {
  if (slot.field.widget === 'checks') return width
  const text = caption.face.width(caption.number ? `${caption.number} ${caption.text}` : caption.text, caption.size)
  const least =
    slot.field.widget === 'comb'
      ? (slot.field.maxLength ?? 9) * 9
      : slot.field.widget === 'parts'
        ? (slot.field.parts?.length ?? 1) * 34
        : slot.field.widget === 'signature'
          ? 130
          : 44
  const choices = slot.field.widget === 'yesno' ? 80 : least
  if (isSingleCheck({ slot, caption })) return Math.min(width, text + 24)
  return mode === 'left'
    ? Math.min(width, Math.min(text, width * 0.45) + 8 + Math.max(choices, 60))
    : Math.min(width, Math.max(choices, text / 2.2 + 6))
}

/** Lines of fields in one of the flowing modes. */
export function rowBlocks(studio: Studio, items: CaptionedSlot[], width: number, mode: keyof typeof MAKERS): Block[] {
  const ruled = mode === 'cells'
  const gap = ruled ? 0 : mode === 'left' ? 10 : studio.random.int(6, 14)
  const rows = pack(items, width, gap, (item) => needed(item, mode, width), !(mode === 'left' && studio.style.runIn))
  return rows.map((row) => {
    const cells = row.map(({ item, width: w }) => MAKERS[mode](studio, item, w))
    const height = Math.max(...cells.map((c) => c.height))
    return {
      height: ruled ? height : height + studio.style.gap + 1,
      draw: (sheet, x, y) => {
        let left = x
        for (const cell of cells) {
          if (ruled) sheet.box(left, y, cell.width, height, studio.style.weight)
          cell.draw(sheet, left, y, height)
          left += cell.width + gap
        }
      },
    }
  })
}

/** One field a line, captions in a column of their own. */
export function alignedBlocks(studio: Studio, items: CaptionedSlot[], width: number): Block[] {
  const column = {
    width: width * studio.random.between(0.26, 0.4),
    align: studio.random.chance(0.5) ? ('right' as const) : ('left' as const),
  }
  return items.map((item) => {
    const cell = leftCell(studio, item, width, column)
    return { height: cell.height + studio.style.gap, draw: (sheet, x, y) => cell.draw(sheet, x, y, cell.height) }
  })
}
