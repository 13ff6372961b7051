import type { Gold } from './gold.js'
import type { Namer } from './names.js'
import type { Random } from './random.js'
import type { Sheet } from './sheet.js'
import type { Style } from './style.js'
import type { Faces } from './type.js'
import type { FormWriter } from './widgets.js'

/** What every part of the renderer draws with. */
export interface Studio {
  random: Random
  style: Style
  faces: Faces
  writer: FormWriter
  gold: Gold
  namer: Namer
}

/** A piece of a page that is not broken. Measured when made, drawn when its place is known. */
export interface Block {
  height: number
  /** Stays on the page of the block after it. */
  keep?: boolean
  /** Printed again when a page begins with this block. */
  header?: Block
  draw(sheet: Sheet, x: number, y: number): void
}

/** What a person fills in, without its caption. */
export interface Entry {
  height: number
  /** Narrower than this it does not look right. */
  min: number
  /** Wider than this it looks odd. */
  max: number
  draw(sheet: Sheet, x: number, y: number, width: number): void
}

export function space(height: number): Block {
  return { height, draw: () => {} }
}
