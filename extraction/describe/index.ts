import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { FormDescription } from '../../contracts/description.js'
import { readAnnots } from './annots.js'
import { describePages } from './describe-pages.js'
import { MAX_SECONDS, MAX_WIDGETS } from './limits.js'
import type { PageGeometry } from './model.js'
import { openPdf } from './open.js'
import { readPage } from './page.js'
import { pseudoWidgets } from './pseudo.js'
import { damaged, PdfRefused } from './refused.js'

export { PdfRefused, type RefusalCode } from './refused.js'

export interface DescribeOptions {
  /** False leaves tooltips and field names out. */
  hints?: boolean
}

/** Reads a form's text, widgets and what stands around each widget. Throws {@link PdfRefused}. */
export async function describeForm(pdf: Uint8Array, options: DescribeOptions = {}): Promise<FormDescription> {
  const document = await openPdf(pdf)
  try {
    const pages = await readPages(document, pdf)
    const flat = pages.every((page) => page.widgets.length === 0)
    await refuseUnusable(document, pages, flat)
    if (flat) for (const page of pages) page.widgets.push(...pseudoWidgets(page))
    refuseByCount(pages)
    return describePages(pages, { hints: options.hints ?? true, flat })
  } catch (error) {
    throw error instanceof PdfRefused ? error : damaged(error)
  } finally {
    await document.loadingTask.destroy()
  }
}

async function readPages(document: PDFDocumentProxy, pdf: Uint8Array): Promise<PageGeometry[]> {
  const raw = await readAnnots(pdf)
  refuseTooMany((raw ?? []).reduce((sum, page) => sum + page.widgets, 0))
  const deadline = Date.now() + 1000 * MAX_SECONDS
  const pages: PageGeometry[] = []
  for (let n = 1; n <= document.numPages; n++) {
    if (Date.now() > deadline)
      throw new PdfRefused('too-large', `Reading this PDF took more than ${MAX_SECONDS} seconds. Save it with simpler pages and try again.`)
    const page = await document.getPage(n)
    pages.push(await readPage(page, raw?.[n - 1]))
    page.cleanup()
  }
  return pages
}

async function refuseUnusable(document: PDFDocumentProxy, pages: PageGeometry[], flat: boolean): Promise<void> {
  const { info } = (await document.getMetadata()) as { info: { IsXFAPresent?: boolean } }
  if (flat && info.IsXFAPresent)
    throw new PdfRefused(
      'xfa-only',
      'This is a dynamic XFA form: its fields exist only in Adobe Reader. Print it to a static PDF form, or ask its publisher for an AcroForm version.',
    )
  const printed = pages.some((page) => page.words.length > 0)
  const named = pages.some((page) => page.widgets.some((w) => w.tooltip))
  if (!printed && !named)
    throw new PdfRefused('no-text', 'This PDF has no text: its pages are pictures. Run text recognition (OCR) over it and try again.')
}

function refuseByCount(pages: PageGeometry[]): void {
  const count = pages.reduce((sum, page) => sum + page.widgets.length, 0)
  refuseTooMany(count)
  if (count === 0)
    throw new PdfRefused(
      'no-fields',
      'This PDF has nothing to fill in: no form fields, ruled lines or empty boxes were found. Check that it is the form itself.',
    )
}

function refuseTooMany(count: number): void {
  if (count <= MAX_WIDGETS) return
  throw new PdfRefused(
    'too-many-widgets',
    `This PDF has ${count} fields; at most ${MAX_WIDGETS} are read. Split it into smaller forms and try again.`,
  )
}
