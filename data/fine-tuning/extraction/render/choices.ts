import type { Slot } from './gold.js'
import type { Sheet } from './sheet.js'
import type { Entry, Studio } from './studio.js'
import { wrap } from './type.js'
import type { Area } from './widgets.js'

interface Item {
  lines: string[]
  width: number
  height: number
}

const BOX_GAP = 3
const ITEM_GAP = 12

/** Options of a question; two plain ones when the author gave none. */
function optionsOf(slot: Slot): string[] {
  if (slot.field.options?.length) return slot.field.options
  return slot.field.widget === 'yesno' ? ['Yes', 'No'] : []
}

function measure(studio: Studio, text: string, width: number, size: number): Item {
  const { checks } = studio.style
  const lines = wrap(studio.faces.regular, text, size, Math.max(30, width - checks.size - BOX_GAP))
  const textWidth = Math.max(0, ...lines.map((l) => studio.faces.regular.width(l, size)))
  return { lines, width: checks.size + BOX_GAP + textWidth, height: Math.max(checks.size + 1, lines.length * size * 1.15) + 2 }
}

/** The frame of one box, drawn; returns where its widget is. */
export function drawBox(studio: Studio, sheet: Sheet, x: number, y: number): Area {
  const { size } = studio.style.checks
  sheet.box(x, y, size, size, Math.max(0.5, studio.style.weight))
  return { x, y, width: size, height: size }
}

/** Draws an option's words and its box; returns the box. */
function drawItem(studio: Studio, sheet: Sheet, item: Item, x: number, y: number, size: number): Area {
  const { checks } = studio.style
  const { regular } = studio.faces
  const after = checks.side === 'after'
  const textX = after ? x + checks.size + BOX_GAP : x
  const boxX = after ? x : x + item.width - checks.size
  const top = y + Math.max(0, (size * 1.15 - checks.size) / 2)
  for (const [i, line] of item.lines.entries())
    sheet.text(line, textX, top + checks.size / 2 + size * 0.36 + i * size * 1.15, { face: regular, size })
  return drawBox(studio, sheet, boxX, top)
}

interface Place {
  item: Item
  x: number
  y: number
}

function arrange(studio: Studio, items: Item[], width: number): { places: Place[]; height: number } {
  const { flow } = studio.style.checks
  const widest = Math.max(...items.map((i) => i.width))
  const columns = flow === 'column' ? 1 : flow === 'grid' ? Math.max(1, Math.floor(width / (widest + ITEM_GAP))) : 0
  const places: Place[] = []
  let x = 0
  let y = 0
  let rowHeight = 0
  items.forEach((item, i) => {
    const breaks = columns > 0 ? i > 0 && i % columns === 0 : x > 0 && x + item.width > width
    if (breaks) {
      x = 0
      y += rowHeight
      rowHeight = 0
    }
    places.push({ item, x, y })
    rowHeight = Math.max(rowHeight, item.height)
    x += columns > 0 ? width / columns : item.width + ITEM_GAP
  })
  return { places, height: y + rowHeight }
}

/** One box for each option; together they are one field. */
export function choiceEntry(studio: Studio, slot: Slot, width: number, size = studio.style.size.body): Entry {
  const options = optionsOf(slot)
  const items = options.map((o) => measure(studio, o, width, size))
  const { places, height } = arrange(studio, items, width)
  const radio = studio.style.checks.radio
  return {
    height,
    min: Math.min(width, Math.max(...items.map((i) => i.width)) + 2),
    max: 10_000,
    draw: (sheet, x, y) => {
      const areas = places.map((p) => drawItem(studio, sheet, p.item, x + p.x, y + p.y, size))
      putBoxes(studio, slot, sheet, areas, options, radio)
    },
  }
}

/** Adds the widgets of one question's boxes, as radio buttons or as check boxes. */
export function putBoxes(studio: Studio, slot: Slot, sheet: Sheet, areas: Area[], options: string[], radio: boolean): void {
  const { writer, namer } = studio
  const values = options.map((o, i) => o.replace(/[^A-Za-z0-9]+/g, '').slice(0, 24) || String(i + 1))
  if (radio && areas.length > 1) {
    const boxes = areas.map((area, i) => ({
      sheet,
      area,
      value: `${values[i]}${values.indexOf(values[i]!) === i ? '' : i}`,
      tooltip: namer.tooltip(slot, options[i]),
    }))
    slot.placed.push(...writer.radio(boxes, { name: namer.name(slot, 'check', sheet.number) }))
    return
  }
  areas.forEach((area, i) => {
    slot.placed.push(
      writer.check(sheet, area, {
        name: namer.name(slot, 'check', sheet.number, options[i] ?? ''),
        tooltip: namer.tooltip(slot, options[i]),
        value: studio.style.names === 'xfa' ? String(i + 1) : values[i]!,
      }),
    )
  })
}

/** A single box with its caption beside it. */
export function singleCheck(studio: Studio, slot: Slot, caption: string, width: number, size = studio.style.size.caption): Entry {
  const item = measure(studio, caption, width, size)
  return {
    height: item.height,
    min: Math.min(item.width, 160),
    max: 10_000,
    draw: (sheet, x, y) => {
      const area = drawItem(studio, sheet, item, x, y, size)
      putBoxes(studio, slot, sheet, [area], [''], false)
    },
  }
}
