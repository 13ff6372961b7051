import { PDFDocument } from '@cantoo/pdf-lib'

/** A one-page form with two fields, as somebody might have it on the desk. */
export async function permitPdf(): Promise<Buffer> {
  const document = await PDFDocument.create()
  const page = document.addPage([612, 792])
  page.drawText('Parking permit application', { x: 72, y: 720, size: 16 })
  const form = document.getForm()
  for (const [i, label] of ['Full name', 'License plate'].entries()) {
    page.drawText(label, { x: 72, y: 660 - 40 * i, size: 11 })
    form.createTextField(`field${i}`).addToPage(page, { x: 180, y: 655 - 40 * i, width: 250, height: 18 })
  }
  return Buffer.from(await document.save())
}
