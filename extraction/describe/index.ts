import type { FormDescription, Marker, Neighbours } from '../../contracts/description.js'
import { readAnnots } from './annots.js'
import { readBlocks } from './blocks.js'
import { MAX_WIDGETS } from './limits.js'
import { height, midY, type PageGeometry, type Widget } from './model.js'
import { type Layout, makeLayout } from './layout.js'
import { neighboursOfPage } from './neighbours.js'
import { openPdf } from './open.js'
import { readPage } from './page.js'
import { readPhrases } from './phrases.js'
import { PdfRefused } from './refused.js'

export { PdfRefused, type RefusalCode } from './refused.js'

export interface DescribeOptions {
  /** False leaves tooltips and field names out. */
  hints?: boolean
}

/** Reads a form's text, widgets and what stands around each widget. Throws {@link PdfRefused}. */
export async function describeForm(pdf: Uint8Array, options: DescribeOptions = {}): Promise<FormDescription> {
  const document = await openPdf(pdf)
  try {
    const raw = await readAnnots(pdf)
    const pages: PageGeometry[] = []
    for (let n = 1; n <= document.numPages; n++) {
      const page = await document.getPage(n)
      pages.push(await readPage(page, raw?.[n - 1]))
      page.cleanup()
    }
    const count = pages.reduce((sum, page) => sum + page.widgets.length, 0)
    if (count > MAX_WIDGETS) throw new PdfRefused('too-many-widgets', `This PDF has ${count} fields; at most ${MAX_WIDGETS} are read.`)
    if (count === 0) throw new PdfRefused('no-fields', 'This PDF has no form fields.')
    return describePages(pages, options.hints ?? true)
  } finally {
    await document.loadingTask.destroy()
  }
}

function describePages(pages: PageGeometry[], hints: boolean): FormDescription {
  const markers: Marker[] = []
  const described: FormDescription['pages'] = []
  for (const page of pages) {
    const phrases = readPhrases(page)
    const blocks = readBlocks(phrases, page)
    const layout = makeLayout(page, phrases, blocks)
    const neighbours = neighboursOfPage(layout)
    const ids = new Map<Widget, number>()
    for (const w of rowsOf(page.widgets).flat()) {
      ids.set(w, markers.length + 1)
      markers.push(markerOf(w, markers.length + 1, neighbours.get(w) ?? {}, hints))
    }
    described.push({ page: page.page, width: page.width, height: page.height, lines: linesOf(layout, ids) })
  }
  return { version: 1, title: titleOf(pages[0]), flat: false, pages: described, markers }
}

function rowsOf<T extends { x0: number; y0: number; x1: number; y1: number }>(items: T[]): T[][] {
  const rows: T[][] = []
  for (const item of [...items].sort((a, b) => midY(a) - midY(b))) {
    const row = rows.at(-1)
    if (row && Math.abs(midY(row[0]!) - midY(item)) < 0.5 * Math.min(height(row[0]!), height(item))) row.push(item)
    else rows.push([item])
  }
  return rows.map((row) => row.sort((a, b) => a.x0 - b.x0))
}

function markerOf(w: Widget, id: number, neighbours: Neighbours, hints: boolean): Marker {
  const { x0, y0, x1, y1, tooltip, ...rest } = w
  return {
    id,
    ...rest,
    rect: { x: x0, y: y0, width: x1 - x0, height: y1 - y0 },
    neighbours,
    ...(hints && tooltip && { hint: { tooltip } }),
  }
}

function linesOf(layout: Layout, ids: Map<Widget, number>): FormDescription['pages'][number]['lines'] {
  const items = [...layout.phrases.map((p) => ({ ...p })), ...[...ids].map(([w, id]) => ({ ...w, text: `[${id}]` }))]
  return rowsOf(items).map((row) => ({ text: row.map((i) => i.text).join(' '), y: row[0]!.y0 }))
}

function titleOf(page: PageGeometry | undefined): string {
  const phrases = page ? readPhrases(page).filter((p) => p.y0 < page.height / 2) : []
  return [...phrases].filter((p) => p.text.length > 6).sort((a, b) => b.size - a.size)[0]?.text ?? ''
}
