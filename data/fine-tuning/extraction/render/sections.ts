import type { AuthoredField, AuthoredSection, AuthoredTable } from '../../../../contracts/index.js'
import { captionOf, type Numberer, paragraph } from './captions.js'
import { lineBlocks, listBlocks } from './lines.js'
import { mosaicBlocks, suitsMosaic } from './mosaic.js'
import { proseBlocks } from './prose.js'
import { restyle } from './restyle.js'
import { alignedBlocks, type CaptionedSlot, isPlain, rowBlocks } from './rows.js'
import type { Mode } from './style.js'
import { type Block, space, type Studio } from './studio.js'
import { tableBlocks } from './tables.js'

const isTable = (field: AuthoredField | AuthoredTable): field is AuthoredTable => 'table' in field

/** The manner of a section: the form's own, now and then its other one, and numbered lines where amounts rule. */
function modeFor(studio: Studio, section: AuthoredSection): Mode {
  const { random, style } = studio
  const fields = section.fields.filter((f): f is AuthoredField => !isTable(f))
  const amounts = fields.filter((f) => f.fieldType === 'currency' || f.fieldType === 'number').length
  const questions = fields.filter((f) => (f.printed ?? f.label).length > 60 || f.widget === 'yesno').length
  if (fields.length > 2 && amounts / fields.length > 0.6 && random.chance(0.75)) return 'lines'
  if (fields.length > 2 && questions / fields.length > 0.5 && random.chance(0.6)) return 'list'
  return random.chance(style.modes.mixed) ? style.modes.other : style.modes.main
}

function fieldBlocks(studio: Studio, fields: AuthoredField[], width: number, mode: Mode, numberer: Numberer): Block[] {
  const items: CaptionedSlot[] = fields.map((field) => {
    const slot = studio.gold.slot(restyle(studio, field))
    return { slot, caption: captionOf(studio, slot, numberer.next(slot, mode === 'lines'), mode) }
  })
  const { style, random } = studio
  if (suitsMosaic(items) && random.chance(style.mosaic)) return mosaicBlocks(studio, items, width)
  if (items.length > 1 && items.length < 8 && items.every(isPlain) && random.chance(style.prose)) return proseBlocks(studio, items, width)
  if (mode === 'lines') return lineBlocks(studio, items, width)
  if (mode === 'list') return listBlocks(studio, items, width)
  if (mode === 'aligned') return alignedBlocks(studio, items, width)
  return rowBlocks(studio, items, width, mode)
}

export function instructionBlocks(studio: Studio, texts: string[], width: number): Block[] {
  const { faces, style, random } = studio
  const face = random.chance(0.25) ? faces.italic : faces.regular
  const size = Math.max(6, style.size.body - random.pick([0, 0.5, 1]))
  return texts.map((text) => {
    const lines = paragraph(face, text, size, width)
    return { height: lines.height + 3, keep: lines.lines.length < 6, draw: (sheet, x, y) => lines.draw(sheet, x, y) }
  })
}

/** Everything of a section under its heading. */
export function sectionBlocks(studio: Studio, section: AuthoredSection, width: number, numberer: Numberer): Block[] {
  numberer.section(section.fields)
  const mode = modeFor(studio, section)
  const blocks = instructionBlocks(studio, section.instructions ?? [], width)
  if (blocks.length > 0) blocks.push({ ...space(2), keep: true })
  let run: AuthoredField[] = []
  const close = () => {
    if (run.length > 0) blocks.push(...fieldBlocks(studio, run, width, mode, numberer))
    run = []
  }
  for (const field of section.fields) {
    if (!isTable(field)) {
      run.push(field)
      continue
    }
    close()
    if (blocks.length > 0) blocks.push({ ...space(studio.style.gap + 2) })
    blocks.push(...tableBlocks(studio, field, width))
  }
  close()
  return blocks
}
