import { OPS } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { MAX_RULES_PER_PAGE } from './limits.js'
import type { Band, Box, HRule, VRule } from './model.js'

type Matrix = [number, number, number, number, number, number]
const multiply = (m: Matrix, n: Matrix): Matrix => [
  m[0] * n[0] + m[2] * n[1],
  m[1] * n[0] + m[3] * n[1],
  m[0] * n[2] + m[2] * n[3],
  m[1] * n[2] + m[3] * n[3],
  m[0] * n[4] + m[2] * n[5] + m[4],
  m[1] * n[4] + m[3] * n[5] + m[5],
]
const apply = (m: Matrix, x: number, y: number): [number, number] => [m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]]

/** A filled rectangle thinner than this is a drawn line. */
const LINE_THICKNESS = 2.2
/** Shorter strokes belong to letters and logos. */
const MIN_RULE = 4
const STROKES = new Set<number>([OPS.stroke, OPS.closeStroke, OPS.fillStroke, OPS.eoFillStroke, OPS.closeFillStroke, OPS.closeEOFillStroke])
const FILLS = new Set<number>([OPS.fill, OPS.eoFill, OPS.fillStroke, OPS.eoFillStroke, OPS.closeFillStroke, OPS.closeEOFillStroke])

export interface Drawn {
  h: HRule[]
  v: VRule[]
  bands: Band[]
}

interface OperatorList {
  fnArray: number[]
  argsArray: unknown[]
}

/** Lines, boxes and filled bands of a page's operator list; `view` maps PDF units to the page seen upright. */
export function readRules(list: OperatorList, view: Matrix): Drawn {
  const drawn: Drawn = { h: [], v: [], bands: [] }
  const stack: { ctm: Matrix; fill: string }[] = []
  let state = { ctm: view, fill: '#000000' }
  for (let i = 0; i < list.fnArray.length; i++) {
    const fn = list.fnArray[i]
    const args = (list.argsArray[i] ?? []) as unknown[]
    if (fn === OPS.save) stack.push({ ...state })
    else if (fn === OPS.restore) state = stack.pop() ?? state
    else if (fn === OPS.transform) state.ctm = multiply(state.ctm, args as unknown as Matrix)
    else if (fn === OPS.paintFormXObjectBegin) {
      stack.push({ ...state })
      if (args[0]) state.ctm = multiply(state.ctm, Array.from(args[0] as number[]) as Matrix)
    } else if (fn === OPS.paintFormXObjectEnd) state = stack.pop() ?? state
    else if (fn === OPS.setFillRGBColor) state.fill = String(args[0])
    else if (fn === OPS.constructPath) readPath(args, state, drawn)
    if (drawn.h.length + drawn.v.length > MAX_RULES_PER_PAGE) break
  }
  return { h: mergeH(drawn.h), v: mergeV(drawn.v), bands: drawn.bands }
}

function readPath(args: unknown[], state: { ctm: Matrix; fill: string }, drawn: Drawn): void {
  const [op, data] = args as [number, [Float32Array | null]]
  const path = data?.[0]
  if (!path) return
  const strokes = STROKES.has(op)
  const fills = FILLS.has(op)
  if (!strokes && !fills) return
  for (const points of subpaths(path, state.ctm)) {
    const box = bounds(points)
    if (fills) addFilled(box, points, state.fill, drawn)
    if (strokes) for (let i = 1; i < points.length; i++) addStroke(points[i - 1]!, points[i]!, drawn)
  }
}

function subpaths(path: Float32Array, ctm: Matrix): [number, number][][] {
  const all: [number, number][][] = []
  let current: [number, number][] = []
  for (let i = 0; i < path.length; ) {
    const op = path[i]
    if (op === 0 || op === 1) {
      const point = apply(ctm, path[i + 1]!, path[i + 2]!)
      if (op === 0) {
        current = [point]
        all.push(current)
      } else current.push(point)
      i += 3
    } else if (op === 2 || op === 3) {
      const n = op === 2 ? 6 : 4
      current.push(apply(ctm, path[i + n - 1]!, path[i + n]!))
      i += n + 1
    } else {
      if (current[0]) current.push(current[0])
      i += 1
    }
  }
  return all
}

function bounds(points: [number, number][]): Box {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity }
  for (const [x, y] of points) {
    box.x0 = Math.min(box.x0, x)
    box.x1 = Math.max(box.x1, x)
    box.y0 = Math.min(box.y0, y)
    box.y1 = Math.max(box.y1, y)
  }
  return box
}

function addStroke([ax, ay]: [number, number], [bx, by]: [number, number], drawn: Drawn): void {
  const dx = Math.abs(ax - bx)
  const dy = Math.abs(ay - by)
  if (dy <= 0.6 && dx >= MIN_RULE) drawn.h.push({ y: (ay + by) / 2, x0: Math.min(ax, bx), x1: Math.max(ax, bx) })
  else if (dx <= 0.6 && dy >= MIN_RULE) drawn.v.push({ x: (ax + bx) / 2, y0: Math.min(ay, by), y1: Math.max(ay, by) })
}

function addFilled(box: Box, points: [number, number][], fill: string, drawn: Drawn): void {
  const w = box.x1 - box.x0
  const h = box.y1 - box.y0
  const white = luminance(fill) > 0.97
  if (points.length > 6) return
  if (h <= LINE_THICKNESS && w >= MIN_RULE) {
    if (!white) drawn.h.push({ y: (box.y0 + box.y1) / 2, x0: box.x0, x1: box.x1 })
  } else if (w <= LINE_THICKNESS && h >= MIN_RULE) {
    if (!white) drawn.v.push({ x: (box.x0 + box.x1) / 2, y0: box.y0, y1: box.y1 })
  } else if (!white && w > 12 && h > 5) drawn.bands.push({ ...box, dark: luminance(fill) < 0.5 })
}

function luminance(fill: string): number {
  const hex = /^#([0-9a-f]{6})/i.exec(fill)?.[1]
  if (!hex) return 0
  const [r, g, b] = [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as [number, number, number]
  return 0.3 * r + 0.59 * g + 0.11 * b
}

function mergeH(rules: HRule[]): HRule[] {
  const merged: HRule[] = []
  for (const rule of [...rules].sort((a, b) => a.y - b.y || a.x0 - b.x0)) {
    const same = merged.findLast((m) => rule.y - m.y < 1 && rule.x0 <= m.x1 + 2.5 && rule.x1 >= m.x0 - 2.5)
    if (same) {
      same.x0 = Math.min(same.x0, rule.x0)
      same.x1 = Math.max(same.x1, rule.x1)
    } else merged.push({ ...rule })
  }
  return merged
}

function mergeV(rules: VRule[]): VRule[] {
  return mergeH(rules.map((r) => ({ y: r.x, x0: r.y0, x1: r.y1 }))).map((r) => ({ x: r.y, y0: r.x0, y1: r.x1 }))
}
