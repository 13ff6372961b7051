import type { Sheet } from './sheet.js'
import type { Block } from './studio.js'

/** The part of each page that the body fills. */
export interface Body {
  left: number
  width: number
  bottom: number
}

/** Places blocks one under the other, on new pages when they no longer fit. */
export class Flow {
  y = 0
  #sheet: Sheet | undefined

  constructor(
    readonly body: Body,
    /** Makes a page with its running head; returns where its body begins. */
    readonly newPage: () => { sheet: Sheet; top: number },
  ) {}

  get sheet(): Sheet {
    if (!this.#sheet) this.turn()
    return this.#sheet!
  }
  get room(): number {
    return this.#sheet ? this.body.bottom - this.y : 0
  }

  turn(): void {
    const { sheet, top } = this.newPage()
    this.#sheet = sheet
    this.y = top
  }

  place(blocks: Block[], left = this.body.left): void {
    for (const group of together(blocks)) {
      const height = group.reduce((sum, b) => sum + b.height, 0)
      if (height > this.room) {
        this.turn()
        const header = group[0]?.header
        if (header) this.#put(header, left)
      }
      for (const block of group) this.#put(block, left)
    }
  }

  /** Begins a new page unless `height` still fits on this one. */
  ensure(height: number): void {
    if (height > this.room) this.turn()
  }

  /** Blocks made for a column's width, over `count` columns of about the same height. */
  placeColumns(blocks: Block[], count: number, columnWidth: number, gap: number): void {
    const rest = together(blocks)
    while (rest.length > 0) {
      const total = rest.flat().reduce((sum, b) => sum + b.height, 0)
      const tallest = Math.max(...rest.map(heightOf))
      if (this.room < Math.min(total, tallest + 1)) this.turn()
      const limit = Math.min(this.room, Math.max(total / count + tallest / 2, tallest))
      const top = this.y
      let lowest = top
      for (let column = 0; column < count && rest.length > 0; column++) {
        this.y = top
        while (rest.length > 0 && (this.y - top + heightOf(rest[0]!) <= limit || this.y === top)) {
          for (const block of rest.shift()!) this.#put(block, this.body.left + column * (columnWidth + gap))
        }
        lowest = Math.max(lowest, this.y)
      }
      this.y = lowest
      if (rest.length > 0) this.turn()
    }
  }

  #put(block: Block, left: number): void {
    block.draw(this.sheet, left, this.y)
    this.y += block.height
  }
}

const heightOf = (group: Block[]): number => group.reduce((sum, b) => sum + b.height, 0)

/** A block that keeps with the next makes a group with it. */
function together(blocks: Block[]): Block[][] {
  const groups: Block[][] = []
  let open = false
  for (const block of blocks) {
    if (open) groups.at(-1)!.push(block)
    else groups.push([block])
    open = block.keep === true
  }
  return groups
}
