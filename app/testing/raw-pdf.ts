/** An object's content: its text, or a stream with its dictionary. */
export type Raw = string | { dict: string; data: Uint8Array }

const latin = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A PDF of hand-written objects, numbered from 1, with a right cross-reference table. Object 1 is the catalog. */
export function rawPdf(objects: Raw[], trailer = ''): Uint8Array {
  const parts: Buffer[] = [latin('%PDF-1.7\n')]
  const offsets: number[] = []
  let at = parts[0]!.length
  const add = (bytes: Buffer) => {
    parts.push(bytes)
    at += bytes.length
  }
  objects.forEach((object, i) => {
    offsets.push(at)
    add(latin(`${i + 1} 0 obj\n`))
    if (typeof object === 'string') add(latin(object))
    else {
      add(latin(`<< ${object.dict} /Length ${object.data.length} >>\nstream\n`))
      add(Buffer.from(object.data))
      add(latin('\nendstream'))
    }
    add(latin('\nendobj\n'))
  })
  const start = at
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  add(latin(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`))
  add(latin(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`))
  return new Uint8Array(Buffer.concat(parts))
}

export const stream = (text: string | Uint8Array, dict = ''): Raw => ({ dict, data: typeof text === 'string' ? latin(text) : text })

export interface Parts {
  /** Of the page, beside Type and Parent. */
  page?: string
  contents?: Raw
  acroForm?: string
  /** From object 6 on. */
  more?: Raw[]
  catalog?: string
  pages?: string
}

const TEXT = 'BT /F1 12 Tf 72 720 Td (Full name) Tj ET'
export const WIDGET = '<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /Rect [150 710 400 730] /P 3 0 R >>'

/** A one-page form with one text field, of which any part can be put wrong. Objects: catalog, pages, page, contents, font, then `more`. */
export function formPdf({ page, contents, acroForm, more, catalog, pages }: Parts = {}): Uint8Array {
  return rawPdf([
    catalog ?? `<< /Type /Catalog /Pages 2 0 R /AcroForm ${acroForm ?? '<< /Fields [6 0 R] >>'} >>`,
    pages ?? '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R ${page ?? '/MediaBox [0 0 612 792] /Annots [6 0 R]'} /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>`,
    contents ?? stream(TEXT),
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...(more ?? [WIDGET]),
  ])
}
