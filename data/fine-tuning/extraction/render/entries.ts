import { choiceEntry } from './choices.js'
import type { Slot } from './gold.js'
import type { NamedKind } from './names.js'
import type { Sheet } from './sheet.js'
import type { Look } from './style.js'
import type { Entry, Studio } from './studio.js'
import type { Area } from './widgets.js'

const WIDE = 10_000
/** Natural widths in points by type, for captions that stand beside. */
const MIN_WIDTH = {
  date: 58,
  phone: 78,
  number: 34,
  currency: 54,
  email: 100,
  url: 100,
  choice: 60,
  boolean: 12,
  text: 60,
  longText: 120,
} as const

/** The frame of a text box, and the widget's own area in it. */
export function frame(studio: Studio, sheet: Sheet, area: Area, look: Look): Area {
  const { x, y, width, height } = area
  const { weight } = studio.style
  if (look === 'shaded') sheet.fill(x, y, width, height, 0.9)
  if (look === 'box') sheet.box(x, y, width, height, weight)
  if (look === 'line') blank(studio, sheet, x, y + height, width)
  const inset = (look === 'box' ? 1 : 0.4) + Math.min(studio.style.slack, width / 10, height / 10)
  return { x: x + inset, y: y + inset, width: width - 2 * inset, height: height - 2 * inset }
}

/** A line to write on: ruled, or printed as underscores. */
function blank(studio: Studio, sheet: Sheet, x: number, y: number, width: number): void {
  const { style, faces } = studio
  const size = style.size.caption
  const count = Math.floor(width / faces.regular.width('_', size))
  if (!style.underscores || count < 2) sheet.line(x, y, x + width, y, style.weight)
  else sheet.text('_'.repeat(count), x, y - size * 0.1, { face: faces.regular, size })
}

/** What is printed where a date or a telephone number goes: "/   /" or "(    )". */
function guide(studio: Studio, slot: Slot, sheet: Sheet, area: Area): void {
  if (!studio.style.guides || area.width < 70) return
  const text = { face: studio.faces.regular, size: Math.min(9, area.height * 0.7) }
  const baseline = area.y + area.height - 3
  if (slot.field.fieldType === 'date') for (const part of [0.3, 0.6]) sheet.text('/', area.x + area.width * part, baseline, text)
  if (slot.field.fieldType === 'phone') {
    sheet.text('(', area.x + 2, baseline, text)
    sheet.text(')', area.x + Math.min(28, area.width * 0.3), baseline, text)
  }
}

/** Adds the widget of a text-like field and tells the gold. */
export function putText(
  studio: Studio,
  slot: Slot,
  sheet: Sheet,
  area: Area,
  more: { part?: string; maxLength?: number; comb?: boolean; multiline?: boolean } = {},
): void {
  const { writer, namer } = studio
  const name = namer.name(slot, 'text', sheet.number, more.part)
  const tooltip = namer.tooltip(slot, more.part)
  slot.placed.push(writer.text(sheet, area, { name, tooltip, required: slot.field.required && studio.style.star !== 'none', ...more }))
}

function simple(height: number, min: number, draw: Entry['draw'], max = WIDE): Entry {
  return { height, min, max, draw }
}

function combEntry(studio: Studio, slot: Slot, look: Look): Entry {
  const count = slot.field.maxLength ?? 9
  const { widgetHeight: height, weight } = studio.style
  return simple(
    height,
    count * 8,
    (sheet, x, y, width) => {
      const cell = Math.min(14, width / count)
      const area = { x, y, width: cell * count, height }
      const inner = frame(studio, sheet, area, look === 'bare' ? 'line' : look)
      const tick = look === 'box' ? height : height * 0.35
      for (let i = 1; i < count; i++) sheet.line(x + i * cell, y + height - tick, x + i * cell, y + height, weight * 0.7)
      putText(studio, slot, sheet, inner, { maxLength: count, comb: true })
    },
    count * 14,
  )
}

function dropdownEntry(studio: Studio, slot: Slot, look: Look): Entry {
  const { widgetHeight: height } = studio.style
  return simple(height, 60, (sheet, x, y, width) => {
    const area = frame(studio, sheet, { x, y, width: Math.min(width, 220), height }, look)
    const name = studio.namer.name(slot, 'choice', sheet.number)
    slot.placed.push(studio.writer.dropdown(sheet, area, { name, tooltip: studio.namer.tooltip(slot), choices: slot.field.options ?? [] }))
  })
}

function signatureEntry(studio: Studio, slot: Slot, look: Look): Entry {
  const height = Math.max(studio.style.widgetHeight, 18)
  const kind: NamedKind = 'signature'
  return simple(height, 110, (sheet, x, y, width) => {
    const area = frame(studio, sheet, { x, y, width, height }, look === 'bare' ? 'bare' : look === 'box' ? 'box' : 'line')
    slot.placed.push(
      studio.writer.signature(sheet, area, { name: studio.namer.name(slot, kind, sheet.number), tooltip: studio.namer.tooltip(slot) }),
    )
  })
}

/** A ruled line to write on by hand: no widget, so an empty mapping. */
function paperEntry(studio: Studio): Entry {
  const height = Math.max(studio.style.widgetHeight, 18)
  return simple(height, 110, (sheet, x, y, width) => sheet.line(x, y + height, x + width, y + height, studio.style.weight))
}

/** Money: by style a dollar sign before, and the cents in a widget of their own. */
export function amountEntry(studio: Studio, slot: Slot, look: Look): Entry {
  const { widgetHeight: height, weight, amounts } = studio.style
  const { regular } = studio.faces
  return simple(
    height,
    60,
    (sheet, x, y, width) => {
      const dollar = amounts.dollar && width > 50
      const left = dollar ? 8 : 0
      const cents = amounts.cents === 'none' || width < 60 ? 0 : 17
      if (dollar) sheet.text('$', x + 1, y + height - 3, { face: regular, size: Math.min(9, height * 0.7) })
      const whole = frame(studio, sheet, { x: x + left, y, width: width - left - cents, height }, look)
      putText(studio, slot, sheet, whole)
      if (cents === 0) return
      const small = { x: x + width - cents, y, width: cents, height }
      if (amounts.cents === 'printed') {
        sheet.text('00', small.x + 4, y + height - 3, { face: regular, size: Math.min(9, height * 0.7) })
        return
      }
      if (look === 'bare') sheet.line(small.x, y, small.x, y + height, weight)
      putText(studio, slot, sheet, frame(studio, sheet, small, look), { part: 'cents', maxLength: 2 })
    },
    look === 'bare' ? WIDE : 150,
  )
}

function partsEntry(studio: Studio, slot: Slot, look: Look, width: number): Entry {
  const { style, faces } = studio
  const parts = slot.field.parts ?? []
  const short = parts.every((p) => p.caption.length <= 4 && p.maxLength !== undefined)
  const manner = short ? style.parts : style.parts === 'captions-above' ? 'captions-above' : 'captions-below'
  const captioned = manner === 'captions-above' || manner === 'captions-below'
  const size = Math.max(5.5, style.size.caption - 1.5)
  const shares = parts.map((p) => Math.max(p.maxLength ?? 12, 2))
  const total = shares.reduce((a, b) => a + b, 0)
  const full = Math.min(width, short ? total * 13 + parts.length * 8 : WIDE)
  const gap = manner === 'separators' ? 9 : short ? 4 : 6
  const boxHeight = style.widgetHeight
  const mark = slot.field.fieldType === 'date' ? '/' : '-'
  const height = boxHeight + (captioned ? size + 2 : 0)
  return simple(
    height,
    Math.max(parts.length * 26, 50),
    (sheet, x, y) => {
      let left = x
      const top = manner === 'captions-above' ? y + size + 2 : y
      parts.forEach((part, i) => {
        const share = (full - gap * (parts.length - 1)) * (shares[i]! / total)
        const inner = frame(studio, sheet, { x: left, y: top, width: share, height: boxHeight }, look === 'bare' ? 'line' : look)
        putText(studio, slot, sheet, inner, { part: part.caption, ...(part.maxLength ? { maxLength: part.maxLength } : {}) })
        const shown = clipped(studio, part.caption, size, share)
        if (captioned)
          sheet.text(shown, left + 1, manner === 'captions-above' ? y + size : y + boxHeight + size, { face: faces.regular, size })
        if (manner === 'separators' && i < parts.length - 1)
          sheet.text(mark, left + share + 2.5, top + boxHeight - 3, { face: faces.regular, size: 9 })
        left += share + gap
      })
    },
    full,
  )
}

/** Cut to the width, since a caption of a narrow box has nowhere to go. */
function clipped(studio: Studio, text: string, size: number, width: number): string {
  let shown = text
  while (shown.length > 2 && studio.faces.regular.width(shown, size) > width) shown = shown.slice(0, -1)
  return shown
}

/** What a person fills in of `slot`, at most `width` wide. `lines` is for multi-line boxes. */
export function makeEntry(studio: Studio, slot: Slot, width: number, look: Look, lines = 3): Entry {
  const { field } = slot
  const { widgetHeight } = studio.style
  switch (field.widget) {
    case 'comb':
      return combEntry(studio, slot, look)
    case 'checks':
    case 'yesno':
      return choiceEntry(studio, slot, width)
    case 'dropdown':
      return dropdownEntry(studio, slot, look)
    case 'signature':
      return studio.style.paperSignature ? paperEntry(studio) : signatureEntry(studio, slot, look)
    case 'paper':
      return paperEntry(studio)
    case 'parts':
      return field.parts?.length ? partsEntry(studio, slot, look, width) : textEntry(studio, slot, look)
    case 'multiline':
      return multilineEntry(studio, slot, look, lines)
    default:
      if (field.fieldType === 'currency') return amountEntry(studio, slot, look)
      return field.fieldType === 'longText' ? multilineEntry(studio, slot, look, lines) : textEntry(studio, slot, look, widgetHeight)
  }
}

function textEntry(studio: Studio, slot: Slot, look: Look, height = studio.style.widgetHeight): Entry {
  const { maxLength, fieldType } = slot.field
  return simple(height, maxLength && maxLength < 12 ? Math.max(24, maxLength * 6) : MIN_WIDTH[fieldType], (sheet, x, y, width) => {
    const percent = studio.style.special.percent && fieldType === 'number' && /percent|%/i.test(slot.field.label) && width > 40
    if (percent) sheet.text('%', x + width - 9, y + height - 3, { face: studio.faces.regular, size: 8 })
    const area = frame(studio, sheet, { x, y, width: percent ? width - 11 : width, height }, look)
    guide(studio, slot, sheet, area)
    putText(studio, slot, sheet, area, maxLength ? { maxLength } : {})
  })
}

function multilineEntry(studio: Studio, slot: Slot, look: Look, lines: number): Entry {
  const height = studio.style.widgetHeight * lines
  return simple(height, 120, (sheet, x, y, width) => {
    const area = frame(studio, sheet, { x, y, width, height }, look === 'line' ? 'box' : look)
    putText(studio, slot, sheet, area, { multiline: true })
  })
}
