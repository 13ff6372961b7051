import type { FormDescription, Marker } from '../../contracts/description.js'
import { readBlocks } from './blocks.js'
import { findHeadings, type Heading } from './headings.js'
import { hintOf } from './hints.js'
import { type Layout, makeLayout } from './layout.js'
import type { Box, PageGeometry, Widget } from './model.js'
import { type Around, neighboursOfPage } from './neighbours.js'
import { inReadingOrder, readingZones } from './order.js'
import { paperLines } from './paper.js'
import { readPhrases } from './phrases.js'
import { chooseHeadings, lastHeading, sectionOf } from './sections.js'
import { titleOf } from './title.js'

/** Makes a form description of the geometry of all its pages. */
export function describePages(pages: PageGeometry[], options: { hints: boolean; flat: boolean }): FormDescription {
  const layouts = pages.map(layoutOf)
  const title = layouts[0] ? titleOf(layouts[0]) : { text: '', bottom: 0 }
  const found = layouts.map((layout, i) => findHeadings(layout, i === 0 ? title.bottom : 0))
  const headings = chooseHeadings(found, title.text)
  const markers: Marker[] = []
  const described: FormDescription['pages'] = []
  let carried: string | undefined
  layouts.forEach((whole, i) => {
    const layout = without(whole, headings[i]!)
    const { page } = layout
    const around = aroundWithPaper(layout, options.flat)
    const zones = readingZones(page, layout.phrases, new Map([...around].map(([w, { captions }]) => [w, captions])))
    const placed = new Map<Widget, Marker>()
    for (const w of inReadingOrder(page.widgets, zones).flat()) {
      const section = sectionOf(w, headings[i]!, zones, carried)
      const neighbours = { ...around.get(w)!.neighbours, ...(section && { section }) }
      const marker = markerOf(w, markers.length + 1, neighbours, options.hints)
      placed.set(w, marker)
      markers.push(marker)
    }
    described.push({ page: page.page, width: page.width, height: page.height, lines: linesOf(layout, placed, zones) })
    carried = lastHeading(headings[i]!, zones) ?? carried
  })
  return { version: 1, title: title.text, flat: options.flat, pages: described, markers }
}

/** Lines that the form keeps for the pen get markers of their own; then the print around every widget is found anew. */
function aroundWithPaper(layout: Layout, flat: boolean): Map<Widget, Around> {
  const around = neighboursOfPage(layout)
  const owned = new Set([...around.values()].flatMap(({ captions }) => captions))
  const paper = flat ? [] : paperLines(layout.page, layout.phrases, owned)
  if (paper.length === 0) return around
  layout.page.widgets.push(...paper)
  return neighboursOfPage(layout)
}

function layoutOf(page: PageGeometry): Layout {
  const phrases = readPhrases(page)
  return makeLayout(page, phrases, readBlocks(phrases, page))
}

/** A heading captions no widget. */
function without(layout: Layout, headings: Heading[]): Layout {
  const lines = new Set(headings.flatMap((h) => h.lines))
  return { ...layout, barriers: headings.filter((h) => !h.side), captions: layout.captions.filter((p) => !lines.has(p)) }
}

function markerOf(w: Widget, id: number, neighbours: Marker['neighbours'], hints: boolean): Marker {
  const { x0, y0, x1, y1, tooltip: _, ...rest } = w
  const hint = hints ? hintOf(w) : undefined
  return { id, ...rest, rect: { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }, neighbours, ...(hint && { hint }) }
}

type Lines = FormDescription['pages'][number]['lines']

/** Print and markers in reading order; side text, which stands across, comes last. */
function linesOf({ page, phrases }: Layout, placed: Map<Widget, Marker>, zones: Box[]): Lines {
  const items = [
    ...phrases.map(({ x0, y0, x1, y1, text }) => ({ x0, y0, x1, y1, text, section: undefined as string | undefined })),
    ...[...placed].map(([w, marker]) => ({
      x0: w.x0,
      y0: w.y0,
      x1: w.x1,
      y1: w.y1,
      text: `[${marker.id}]`,
      section: marker.neighbours.section,
    })),
  ]
  const upright = inReadingOrder(items, zones).map((row) => {
    const section = row.find((item) => item.section)?.section
    return { text: row.map((item) => item.text).join(' '), y: row[0]!.y0, ...(section && { section }) }
  })
  const side = page.rotated.map((word) => word.text).join(' ')
  return side ? [...upright, { text: side, y: page.rotated[0]!.y0 }] : upright
}
