import type { AuthoredField, AuthoredTable } from '../../../../contracts/index.js'
import { captionOf, type Paragraph, paragraph } from './captions.js'
import { choiceEntry, drawBox, putBoxes } from './choices.js'
import { makeEntry } from './entries.js'
import type { Slot } from './gold.js'
import { rowBlocks } from './rows.js'
import type { Block, Studio } from './studio.js'

const WEIGHT: Record<AuthoredField['fieldType'], number> = {
  text: 1.5,
  email: 1.8,
  phone: 1.3,
  url: 1.8,
  number: 0.8,
  currency: 1.1,
  date: 1.05,
  boolean: 0.6,
  choice: 1.2,
  longText: 2.2,
}

interface Grid {
  widths: number[]
  size: number
  cellHeight: number
}

function gridOf(studio: Studio, columns: AuthoredField[], width: number, fixed: number[]): Grid {
  const { style } = studio
  const left = width - fixed.reduce((a, b) => a + b, 0)
  const weights = columns.map(
    (c) => c.width ?? (c.maxLength && c.maxLength < 6 ? 0.6 : c.options && c.widget !== 'dropdown' ? 1.5 : WEIGHT[c.fieldType]),
  )
  const total = weights.reduce((a, b) => a + b, 0)
  const crowded = columns.length > 6
  return {
    widths: [...fixed, ...weights.map((w) => (w / total) * left)],
    size: Math.max(5.5, style.size.caption - (crowded ? 1.5 : 0.5)),
    cellHeight: Math.max(style.widgetHeight, 13),
  }
}

/** Column heads; letters "(a)" over them when the form's manner has them; a spanning caption above when it stands inside. */
function headRow(studio: Studio, heads: string[], grid: Grid, spanning: string): Block {
  const { style, faces } = studio
  const look = style.table
  const dark = look.header === 'dark'
  const ink = dark ? 1 : 0
  const texts: Paragraph[] = heads.map((head, i) => paragraph(faces.bold, head, grid.size, grid.widths[i]! - 4, { ink, align: look.align }))
  const spanHeight = spanning ? grid.size * 1.15 + 5 : 0
  const height = Math.max(...texts.map((t) => t.height)) + 5
  const width = grid.widths.reduce((a, b) => a + b, 0)
  return {
    height: height + spanHeight,
    keep: true,
    draw: (sheet, x, y) => {
      if (look.header !== 'plain') sheet.fill(x, y, width, height + spanHeight, dark ? 0.2 : 0.88)
      if (spanning) {
        sheet.text(spanning, x + width / 2 - faces.bold.width(spanning, grid.size) / 2, y + grid.size + 2, {
          face: faces.bold,
          size: grid.size,
          ink,
        })
        if (look.rules !== 'open') sheet.box(x, y, width, spanHeight, style.weight)
      }
      let left = x
      texts.forEach((text, i) => {
        if (look.rules === 'full' || look.rules === 'boxes') sheet.box(left, y + spanHeight, grid.widths[i]!, height, style.weight)
        text.draw(sheet, left + 2, y + spanHeight + height - text.height - 2)
        left += grid.widths[i]!
      })
      if (look.rules === 'horizontal' || look.rules === 'open')
        sheet.line(x, y + spanHeight + height, x + width, y + spanHeight + height, style.weight)
    },
  }
}

interface CellDraw {
  height: number
  draw: Block['draw']
}

/** The widgets of one cell, filling it. */
function cellOf(studio: Studio, slot: Slot, width: number, grid: Grid): CellDraw {
  const { style } = studio
  const { field } = slot
  const boxed = style.table.rules === 'boxes' || style.table.rules === 'open'
  if (field.widget === 'check' || (field.fieldType === 'boolean' && field.widget === undefined)) {
    const { size } = style.checks
    return {
      height: grid.cellHeight,
      draw: (sheet, x, y) =>
        putBoxes(studio, slot, sheet, [drawBox(studio, sheet, x + width / 2 - size / 2, y + (grid.cellHeight - size) / 2)], [''], false),
    }
  }
  if (field.widget === 'checks' || field.widget === 'yesno') {
    const entry = choiceEntry(studio, slot, width - 6, grid.size)
    return { height: Math.max(grid.cellHeight, entry.height + 3), draw: (sheet, x, y) => entry.draw(sheet, x + 3, y + 2, width - 6) }
  }
  const inset = boxed ? 1.5 : 0.5
  const look = style.table.rules === 'open' ? 'line' : boxed ? 'box' : 'bare'
  const entry = makeEntry(studio, slot, width - 2 * inset, field.widget === 'comb' ? 'bare' : look, 2)
  return {
    height: Math.max(grid.cellHeight, entry.height) + (boxed ? 2 : 0.5),
    draw: (sheet, x, y) => entry.draw(sheet, x + inset, y + (boxed ? 1 : 0), Math.min(width - 2 * inset, Math.max(entry.max, 20))),
  }
}

function rowBlock(studio: Studio, lead: string[], slots: Slot[], grid: Grid, header: Block): Block {
  const { style, faces } = studio
  const texts = lead.map((text, i) => paragraph(faces.regular, text, grid.size, grid.widths[i]! - 5))
  const cells = slots.map((slot, i) => cellOf(studio, slot, grid.widths[lead.length + i]!, grid))
  const height = Math.max(...texts.map((t) => t.height + 4), ...cells.map((c) => c.height))
  const width = grid.widths.reduce((a, b) => a + b, 0)
  return {
    height,
    header,
    draw: (sheet, x, y) => {
      let left = x
      grid.widths.forEach((w, i) => {
        if (style.table.rules === 'full') sheet.box(left, y, w, height, style.weight)
        if (i < texts.length) texts[i]!.draw(sheet, left + 2.5, y + (height - texts[i]!.height) / 2)
        else cells[i - texts.length]!.draw(sheet, left, y)
        left += w
      })
      if (style.table.rules === 'horizontal') sheet.line(x, y + height, x + width, y + height, style.weight)
    },
  }
}

/** The gold label of a cell: "<row> <column>", "<row>" alone over one column, or "<column> <n>". */
function cellLabel(table: AuthoredTable['table'], row: string | number, column: AuthoredField): string {
  if (typeof row === 'number') return `${column.label} ${row}`
  return table.columns.length === 1 ? row : `${row} ${column.label}`
}

const MAX_TURNED = 4
const MAX_CARDS = 4

const caption = (column: AuthoredField): string => column.printed ?? column.label

/** Heads, rows and their leads, before they are laid out. */
interface Matrix {
  columns: AuthoredField[]
  heads: string[]
  rows: { lead: string[]; slots: Slot[] }[]
  /** Width of the leads; none when rows have no heads. */
  lead: number
}

function matrixOf(studio: Studio, table: AuthoredTable['table'], width: number): Matrix {
  const { style } = studio
  const named = table.rowLabels?.length ? table.rowLabels : undefined
  const rows: (string | number)[] = named ?? Array.from({ length: table.rows ?? 3 }, (_, i) => i + 1)
  const slots = rows.map((row) => table.columns.map((c) => studio.gold.slot(c, cellLabel(table, row, c))))
  const lettered = style.table.letters && !table.columns.some((c) => /^\(/.test(caption(c)))
  const heads = table.columns.map((c, i) => `${lettered ? `(${String.fromCharCode(97 + i)}) ` : ''}${caption(c)}`)
  if (style.table.turned && rows.length <= MAX_TURNED && table.columns.length > 1) {
    const names = rows.map((row) => (typeof row === 'string' ? row : `${style.table.letters ? 'No. ' : ''}${row}`))
    return {
      columns: rows.map(() => ({ label: '', fieldType: 'text' as const })),
      heads: names,
      rows: table.columns.map((_, c) => ({ lead: [heads[c]!], slots: slots.map((s) => s[c]!) })),
      lead: Math.min(width * 0.35, 170),
    }
  }
  const numbers = style.table.numberedLabels && !named?.some((row) => /^[\d(]/.test(row))
  const numbered = !named && style.table.rowNumbers
  const lead = named ? Math.min(width * 0.4, Math.max(80, (width * 0.8) / (table.columns.length + 1))) : numbered ? 18 : 0
  return {
    columns: table.columns,
    heads,
    rows: rows.map((row, r) => ({ lead: lead ? [named && numbers ? `${r + 1}  ${row}` : String(row)] : [], slots: slots[r]! })),
    lead,
  }
}

/** Blank rows as cards: each row its own few lines of captioned fields under its number. */
function cardBlocks(studio: Studio, table: AuthoredTable['table'], width: number): Block[] {
  const { faces, style } = studio
  const size = style.size.body
  return Array.from({ length: table.rows ?? 3 }, (_, r) => {
    const items = table.columns.map((c) => {
      const slot = studio.gold.slot(c, cellLabel(table, r + 1, c))
      slot.field = { ...slot.field, printed: caption(c) }
      return { slot, caption: captionOf(studio, slot, '', style.table.cards) }
    })
    const lead: Block = {
      height: size * 1.2 + 3,
      keep: true,
      draw: (sheet, x, y) => sheet.text(`${style.table.letters ? 'No. ' : '#'}${r + 1}`, x, y + size, { face: faces.bold, size }),
    }
    return [lead, ...rowBlocks(studio, items, width, style.table.cards)]
  }).flat()
}

/** A grid of fields: its caption, its heads (again on each page), its rows. */
export function tableBlocks(studio: Studio, { table }: AuthoredTable, width: number): Block[] {
  const { style, faces, random } = studio
  const after: Block = { height: style.gap + 4, draw: () => {} }
  const above = table.caption ? [captionLine(studio, table.caption, width)] : []
  const cards = !table.rowLabels?.length && (table.rows ?? 3) <= MAX_CARDS && table.columns.length > 2
  if (cards && random.chance(style.table.cardShare)) return [...above, ...cardBlocks(studio, table, width), after]
  const matrix = matrixOf(studio, table, width)
  const fixed = matrix.lead ? [matrix.lead] : []
  const grid = gridOf(studio, matrix.columns, width, fixed)
  const inside = style.table.captionInside && table.caption !== undefined && faces.bold.width(table.caption, grid.size) < width - 10
  const header = headRow(studio, [...fixed.map(() => (matrix.lead === 18 ? '#' : '')), ...matrix.heads], grid, inside ? table.caption! : '')
  const blocks = matrix.rows.map((row) => rowBlock(studio, row.lead, row.slots, grid, header))
  return [...(inside ? [] : above), header, ...blocks, after]
}

function captionLine(studio: Studio, text: string, width: number): Block {
  const lines = paragraph(studio.faces.bold, text, studio.style.size.body, width)
  return { height: lines.height + 3, keep: true, draw: (sheet, x, y) => lines.draw(sheet, x, y) }
}
