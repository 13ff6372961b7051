import { getDocument, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { refuseBombs } from './bombs.js'
import { MAX_PAGES, MAX_PDF_BYTES } from './limits.js'
import { damaged, PdfRefused } from './refused.js'

/** Opens a PDF with every active part off. Throws {@link PdfRefused} for what cannot be read. */
export async function openPdf(pdf: Uint8Array): Promise<PDFDocumentProxy> {
  refuseByBytes(pdf)
  await refuseBombs(pdf)
  let document: PDFDocumentProxy
  const loading = getDocument({
    // pdf.js takes ownership of the buffer it is given.
    data: pdf.slice(),
    verbosity: 0,
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    isOffscreenCanvasSupported: false,
    stopAtErrors: false,
    enableXfa: false,
    maxImageSize: 1,
  })
  try {
    document = await loading.promise
  } catch (error) {
    await loading.destroy()
    throw refusalOf(error)
  }
  if (document.numPages > MAX_PAGES) {
    await document.loadingTask.destroy()
    throw new PdfRefused(
      'too-large',
      `This PDF has ${document.numPages} pages; a form may have at most ${MAX_PAGES}. Cut out the pages to fill in and try again.`,
    )
  }
  return document
}

function refuseByBytes(pdf: Uint8Array): void {
  if (pdf.byteLength === 0) throw new PdfRefused('empty', 'The file is empty. Choose the PDF again; the upload may have been interrupted.')
  if (pdf.byteLength > MAX_PDF_BYTES)
    throw new PdfRefused(
      'too-large',
      `The file has ${(pdf.byteLength / 2 ** 20).toFixed(1)} MiB; at most ${MAX_PDF_BYTES / 2 ** 20} MiB are read. Save it with smaller images and try again.`,
    )
  // The header may stand behind up to a kilobyte of other bytes.
  const head = new TextDecoder('latin1').decode(pdf.subarray(0, 1024))
  if (!head.includes('%PDF-'))
    throw new PdfRefused('not-pdf', 'This is not a PDF file: it does not begin with %PDF. Export the form as PDF and try again.')
}

function refusalOf(error: unknown): PdfRefused {
  const name = error instanceof Error ? error.name : ''
  if (name === 'PasswordException')
    return new PdfRefused('encrypted', 'This PDF needs a password to open. Save a copy without password protection and try again.')
  return damaged(error)
}
