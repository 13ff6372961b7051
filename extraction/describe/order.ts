import { type Columns, findColumns } from './columns.js'
import { type Box, height, midX, midY, overlapY, type PageGeometry, type Phrase, type Widget } from './model.js'

/** Parts of a page in the order in which they are read; each is read row by row. */
export function readingZones(page: PageGeometry, phrases: Phrase[], captions: Map<Widget, Phrase[]>): Box[] {
  return split({ x0: 0, y0: 0, x1: page.width, y1: page.height }, 0, (box) => findColumns(box, page, phrases, captions))
}

const MAX_DEPTH = 3

function split(box: Box, depth: number, columnsIn: (box: Box) => Columns | undefined): Box[] {
  const found = depth < MAX_DEPTH ? columnsIn(box) : undefined
  if (!found) return [box]
  const { x, y0, y1 } = found
  return [
    { ...box, y1: y0 },
    { x0: box.x0, x1: x, y0, y1 },
    { x0: x, x1: box.x1, y0, y1 },
    { ...box, y0: y1 },
  ]
    .filter((part) => height(part) > 4)
    .flatMap((part) => split(part, depth + 1, columnsIn))
}

/** Rows of items, zone by zone, each row from left to right. */
export function inReadingOrder<T extends Box>(items: T[], zones: Box[]): T[][] {
  const parts = zones.map(() => [] as T[])
  for (const item of items) {
    const at = zones.findIndex((z) => midX(item) >= z.x0 && midX(item) <= z.x1 && midY(item) >= z.y0 && midY(item) <= z.y1)
    parts[at < 0 ? zones.length - 1 : at]!.push(item)
  }
  return parts.flatMap(rowsOf)
}

/** Items whose middles stand on the same row, top to bottom. */
export function rowsOf<T extends Box>(items: T[]): T[][] {
  const rows: { items: T[]; y: number }[] = []
  for (const item of [...items].sort((a, b) => midY(a) - midY(b) || a.x0 - b.x0)) {
    const row = rows.at(-1)
    if (row && sharesRow(row.items[0]!, item, row.y)) row.items.push(item)
    else rows.push({ items: [item], y: midY(item) })
  }
  return rows.map((row) => row.items.sort((a, b) => a.x0 - b.x0))
}

function sharesRow(first: Box, item: Box, y: number): boolean {
  const small = Math.min(height(first), height(item))
  return (
    Math.abs(midY(item) - y) < Math.max(2, 0.45 * small) ||
    (overlapY(first, item) > 0.8 * small && height(first) < 3 * small && height(item) < 3 * small)
  )
}
