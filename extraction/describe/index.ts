import type { FormDescription } from '../../contracts/description.js'
import { readAnnots } from './annots.js'
import { describePages } from './describe-pages.js'
import { MAX_WIDGETS } from './limits.js'
import type { PageGeometry } from './model.js'
import { openPdf } from './open.js'
import { readPage } from './page.js'
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
    return describePages(pages, { hints: options.hints ?? true, flat: false })
  } finally {
    await document.loadingTask.destroy()
  }
}
