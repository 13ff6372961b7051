import type { Box, HRule, PageGeometry, VRule } from './model.js'

const TOUCH = 3
const MIN_SIDE = 5
const MAX_CELLS = 4000

/** The closed rectangles between neighbouring rules of a page. */
export function closedCells({ h, v }: Pick<PageGeometry, 'h' | 'v'>): Box[] {
  const cells: Box[] = []
  for (const bottom of h) {
    const sides = v
      .filter((r) => r.y1 >= bottom.y - TOUCH && r.y0 < bottom.y - MIN_SIDE && r.x >= bottom.x0 - TOUCH && r.x <= bottom.x1 + TOUCH)
      .sort((a, b) => a.x - b.x)
    for (let i = 1; i < sides.length; i++) {
      const cell = cellOn(bottom, sides[i - 1]!, sides[i]!, h)
      if (cell) cells.push(cell)
      if (cells.length >= MAX_CELLS) return cells
    }
  }
  return cells
}

function cellOn(bottom: HRule, left: VRule, right: VRule, h: HRule[]): Box | undefined {
  if (right.x - left.x < MIN_SIDE) return undefined
  const middle = (left.x + right.x) / 2
  let top: HRule | undefined
  for (const r of h) if (r.y < bottom.y - MIN_SIDE && r.x0 <= middle && r.x1 >= middle && (!top || r.y > top.y)) top = r
  if (!top || Math.max(left.y0, right.y0) > top.y + TOUCH) return undefined
  return { x0: left.x, x1: right.x, y0: top.y, y1: bottom.y }
}
