import type { Marker } from '../../contracts/description.js'

/** Points from the page's top left, y downwards. */
export interface Box {
  x0: number
  y0: number
  x1: number
  y1: number
}

export interface Word extends Box {
  text: string
  /** Baseline. */
  base: number
  size: number
  bold: boolean
  /** The file has a space before it, however narrow. */
  spaced?: boolean
}

/** Words of one baseline without a wide gap, rule or widget between them. */
export interface Phrase extends Word {
  words: Word[]
  /** A dot leader or underscore run follows: the phrase captions what stands at the leader's end. */
  leaderEnd?: number
  /** A line number stands before it: it begins a caption of its own. */
  numbered?: boolean
}

/** One or several lines that read as one caption or paragraph. */
export interface Block extends Box {
  lines: Phrase[]
  size: number
  bold: boolean
}

export interface HRule {
  y: number
  x0: number
  x1: number
}

export interface VRule {
  x: number
  y0: number
  y1: number
}

/** A filled rectangle that is not white; `light` when its text is printed in white on it. */
export interface Band extends Box {
  dark: boolean
}

export interface Widget extends Box {
  kind: Marker['kind']
  page: number
  index: number
  name: string
  tooltip?: string
  maxLength?: number
  comb?: boolean
  multiline?: boolean
  required?: boolean
  options?: string[]
  paperOnly?: boolean
}

export interface PageGeometry {
  page: number
  width: number
  height: number
  words: Word[]
  /** Text that is not upright, such as a side caption. */
  rotated: Word[]
  h: HRule[]
  v: VRule[]
  bands: Band[]
  widgets: Widget[]
}

export const isButton = (w: Widget): boolean => w.kind === 'check' || w.kind === 'radio'
export const width = (b: Box): number => b.x1 - b.x0
export const height = (b: Box): number => b.y1 - b.y0
export const midX = (b: Box): number => (b.x0 + b.x1) / 2
export const midY = (b: Box): number => (b.y0 + b.y1) / 2

/** Length that two spans share; negative is the gap between them. */
export const overlap = (a0: number, a1: number, b0: number, b1: number): number => Math.min(a1, b1) - Math.max(a0, b0)
export const overlapX = (a: Box, b: Box): number => overlap(a.x0, a.x1, b.x0, b.x1)
export const overlapY = (a: Box, b: Box): number => overlap(a.y0, a.y1, b.y0, b.y1)
export const contains = (box: Box, x: number, y: number): boolean => x >= box.x0 && x <= box.x1 && y >= box.y0 && y <= box.y1
