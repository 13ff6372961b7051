import { type CaptionedSlot, isPlain, rowBlocks } from './rows.js'
import type { Block, Studio } from './studio.js'

/** Whether a section is of the sort that stands in cells of two kinds: wide ones for words, small ones for amounts. */
export function suitsMosaic(items: CaptionedSlot[]): boolean {
  const words = items.filter((i) => isPlain(i) && i.slot.field.fieldType === 'text').length
  return items.length >= 6 && items.length <= 26 && words >= 2 && items.length - words >= 2
}

/** Names and addresses in wide ruled cells at the left, amounts, dates and boxes in small ones at the right. */
export function mosaicBlocks(studio: Studio, items: CaptionedSlot[], width: number): Block[] {
  const wide = items.filter((i) => isPlain(i) && i.slot.field.fieldType === 'text')
  const small = items.filter((i) => !wide.includes(i))
  const half = width * studio.random.between(0.42, 0.55)
  const left = wide.flatMap((item) => rowBlocks(studio, [item], half, 'cells'))
  const right = rowBlocks(studio, small, width - half, 'cells')
  const height = Math.max(heightOf(left), heightOf(right))
  return [
    {
      height,
      draw: (sheet, x, y) => {
        sheet.box(x, y, width, height, studio.style.weight)
        stack(left, sheet, x, y)
        stack(right, sheet, x + half, y)
      },
    },
  ]
}

const heightOf = (blocks: Block[]): number => blocks.reduce((sum, b) => sum + b.height, 0)

function stack(blocks: Block[], sheet: Parameters<Block['draw']>[0], x: number, y: number): void {
  let top = y
  for (const block of blocks) {
    block.draw(sheet, x, top)
    top += block.height
  }
}
