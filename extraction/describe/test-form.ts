import { PDFArray, PDFDocument, type PDFFont, PDFName, type PDFPage, PDFString, rgb, StandardFonts } from '@cantoo/pdf-lib'

const HEIGHT = 792

export interface Drawing {
  document: PDFDocument
  page: PDFPage
  /** Print with its baseline at `y` points under the page's top. */
  print(x: number, y: number, text: string, options?: { size?: number; bold?: boolean }): void
  rule(x0: number, y0: number, x1: number, y1: number): void
  frame(x: number, y: number, width: number, height: number): void
  band(x: number, y: number, width: number, height: number): void
  text(name: string, x: number, y: number, width: number, height: number, tooltip?: string): void
  check(name: string, x: number, y: number, side?: number): void
}

/** Draws small forms for tests, measured from the top left as descriptions are. */
export async function draw(paint: (on: Drawing) => void | Promise<void>): Promise<PDFDocument> {
  const document = await PDFDocument.create()
  const regular = await document.embedFont(StandardFonts.Helvetica)
  const bold = await document.embedFont(StandardFonts.HelveticaBold)
  await paint(drawingOn(document, document.addPage([612, HEIGHT]), regular, bold))
  return document
}

/** The same as bytes. */
export async function pdfOf(paint: (on: Drawing) => void | Promise<void>): Promise<Uint8Array> {
  return (await draw(paint)).save()
}

/** A further page to draw on. */
export function nextPage({ document }: Drawing, fonts: { regular: PDFFont; bold: PDFFont }): Drawing {
  return drawingOn(document, document.addPage([612, HEIGHT]), fonts.regular, fonts.bold)
}

function drawingOn(document: PDFDocument, page: PDFPage, regular: PDFFont, bold: PDFFont): Drawing {
  const black = rgb(0, 0, 0)
  const place = (x: number, y: number, width: number, height: number) => ({ x, y: HEIGHT - y - height, width, height, borderWidth: 0 })
  return {
    document,
    page,
    print: (x, y, text, options = {}) =>
      page.drawText(text, { x, y: HEIGHT - y, size: options.size ?? 9, font: options.bold ? bold : regular }),
    rule: (x0, y0, x1, y1) =>
      page.drawLine({ start: { x: x0, y: HEIGHT - y0 }, end: { x: x1, y: HEIGHT - y1 }, thickness: 0.5, color: black }),
    frame: (x, y, width, height) => page.drawRectangle({ x, y: HEIGHT - y - height, width, height, borderWidth: 0.5, borderColor: black }),
    band: (x, y, width, height) => page.drawRectangle({ x, y: HEIGHT - y - height, width, height, color: rgb(0.8, 0.8, 0.8) }),
    text: (name, x, y, width, height, tooltip) => {
      const field = document.getForm().createTextField(name)
      field.addToPage(page, place(x, y, width, height))
      if (tooltip) field.acroField.dict.set(PDFName.of('TU'), PDFString.of(tooltip))
    },
    check: (name, x, y, side = 9) =>
      document
        .getForm()
        .createCheckBox(name)
        .addToPage(page, place(x, y, side, side)),
  }
}

/** Puts a link before the page's widgets, which moves their places. */
export function addLinkFirst({ document, page }: Drawing): void {
  const link = document.context.obj({ Type: 'Annot', Subtype: 'Link', Rect: [0, 0, 10, 10] })
  const annots = page.node.lookup(PDFName.of('Annots'), PDFArray)
  annots.insert(0, document.context.register(link))
}
