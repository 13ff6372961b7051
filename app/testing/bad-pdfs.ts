import { PDFDocument } from '@cantoo/pdf-lib'
import { buffer } from 'node:stream/consumers'
import { createDeflate, deflateSync } from 'node:zlib'
import { formPdf, rawPdf, stream, WIDGET } from './raw-pdf.js'

const MIB = 2 ** 20
const PAGE = '/MediaBox [0 0 612 792] /Annots'
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const cut = (pdf: Uint8Array, share: number): Uint8Array => pdf.slice(0, Math.floor(pdf.length * share))

/** Numbers by seed, so that a failing file can be made again. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function flipped(pdf: Uint8Array, seed: number, count: number): Uint8Array {
  const next = random(seed)
  const copy = pdf.slice()
  for (let i = 0; i < count; i++) copy[16 + Math.floor(next() * (copy.length - 16))] = Math.floor(next() * 256)
  return copy
}

function noise(length: number, seed: number): Uint8Array {
  const next = random(seed)
  return Uint8Array.from({ length }, () => Math.floor(next() * 256))
}

/** `mib` MiB of white space, deflated to a thousandth, without ever holding them. */
function deflatedSpaces(mib: number): Promise<Buffer> {
  const deflate = createDeflate({ level: 9 })
  const chunk = Buffer.alloc(MIB, 32)
  for (let i = 0; i < mib; i++) deflate.write(chunk)
  deflate.end()
  return buffer(deflate)
}

async function encrypted(): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  document.addPage().drawText('Full name')
  document.encrypt({ userPassword: 'open sesame', ownerPassword: 'owner' })
  return document.save()
}

async function manyPages(count: number): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  for (let i = 0; i < count; i++) document.addPage([200, 200])
  return document.save()
}

const withAnnots = (annots: string, more = [WIDGET]): Uint8Array => formPdf({ page: `${PAGE} ${annots}`, more })
const withWidget = (widget: string): Uint8Array => formPdf({ more: [widget] })
const widgetOf = (rest: string): Uint8Array => withWidget(`<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) ${rest} >>`)
const withText = (text: string, size = '/MediaBox [0 0 612 792]'): Uint8Array =>
  formPdf({ page: size, contents: stream(text), acroForm: '<< /Fields [] >>', more: [] })

const xfaOnly = (): Uint8Array =>
  formPdf({
    page: '/MediaBox [0 0 612 792]',
    contents: stream('BT /F1 12 Tf 72 720 Td (Please wait...) Tj ET'),
    acroForm: '<< /Fields [] /XFA 6 0 R >>',
    more: [stream('<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><subform name="f"/></template></xdp:xdp>')],
  })

function manyWidgets(count: number): Uint8Array {
  const widgets = Array.from({ length: count }, (_, i) => `<< /Type /Annot /Subtype /Widget /FT /Tx /T (f${i}) /Rect [72 700 200 712] >>`)
  return withAnnots(`[${widgets.map((_, i) => `${i + 6} 0 R`).join(' ')}]`, widgets)
}

/** Pages in pages in pages. */
function deepTree(depth: number): Uint8Array {
  const nodes = Array.from({ length: depth }, (_, i) => `<< /Type /Pages /Kids [${i + 3} 0 R] /Count 1 >>`)
  return rawPdf(['<< /Type /Catalog /Pages 2 0 R >>', ...nodes, '<< /Type /Page /MediaBox [0 0 10 10] >>'])
}

const bomb = async (mib: number): Promise<Uint8Array> =>
  formPdf({ contents: { dict: '/Filter /FlateDecode', data: await deflatedSpaces(mib) } })

async function nestedBomb(): Promise<Uint8Array> {
  const data = deflateSync(await deflatedSpaces(512), { level: 9 })
  return formPdf({ contents: { dict: '/Filter [/FlateDecode /FlateDecode]', data } })
}

const cyclicForm = (): Uint8Array =>
  rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>',
    stream('/X Do'),
    stream('/X Do /X Do', '/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /X 5 0 R >> >>'),
  ])

const hugeImage = async (): Promise<Uint8Array> =>
  rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>',
    stream('q 612 0 0 792 0 0 cm /I Do Q'),
    {
      dict: '/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode',
      data: await deflatedSpaces(64),
    },
  ])

export interface BadPdf {
  name: string
  make: () => Uint8Array | Promise<Uint8Array>
  /** Damage that pdf.js mends: the form is read, or refused like any other. */
  mayBeRead?: true
}

const bad = (name: string, make: BadPdf['make']): BadPdf => ({ name, make })
const mendable = (name: string, make: BadPdf['make']): BadPdf => ({ name, make, mayBeRead: true })
const good = formPdf()

/** PDFs that are broken, hostile, or no forms. All are made here; none is anyone's document. */
export const BAD_PDFS: BadPdf[] = [
  bad('an empty file', () => new Uint8Array(0)),
  bad('a text file', () => bytes('Dear sir or madam')),
  bad('a web page', () => bytes('<!doctype html><title>Form</title>')),
  bad('a ZIP archive', () => bytes(`PK\x03\x04${'\0'.repeat(64)}`)),
  bad('a header alone', () => bytes('%PDF-1.7\n')),
  bad('noise behind a header', () => new Uint8Array([...bytes('%PDF-1.7\n'), ...noise(20_000, 7)])),
  bad('noise without a header', () => noise(20_000, 8)),
  bad('21 MiB', () => new Uint8Array(Buffer.concat([bytes('%PDF-1.7\n'), new Uint8Array(21 * MIB)]))),
  ...[0.02, 0.1, 0.2, 0.3, 0.4, 0.5].map((share) => bad(`cut off at ${share * 100} %`, () => cut(good, share))),
  ...[0.6, 0.7, 0.8, 0.9, 0.95, 0.99].map((share) => mendable(`cut off at ${share * 100} %`, () => cut(good, share))),
  ...[1, 2, 3, 4, 5, 6].map((seed) => mendable(`bytes changed by seed ${seed}`, () => flipped(good, seed, 40))),
  bad('a page tree that holds itself', () => formPdf({ pages: '<< /Type /Pages /Kids [2 0 R] /Count 1 >>' })),
  bad('a page tree of two that hold each other', () =>
    rawPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']),
  ),
  bad('a page tree 20,000 deep', () => deepTree(20_000)),
  mendable('a page count of a thousand million', () => formPdf({ pages: '<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>' })),
  bad('no pages', () => formPdf({ pages: '<< /Type /Pages /Kids [] /Count 0 >>' })),
  bad('no page tree', () => rawPdf(['<< /Type /Catalog >>'])),
  bad('a catalog that is a number', () => rawPdf(['42'])),
  bad('201 empty pages', () => manyPages(201)),
  mendable('a field that is its own parent', () => widgetOf('/Rect [150 710 400 730] /Parent 6 0 R')),
  mendable('two fields that are each other’s parents', () =>
    formPdf({
      more: [
        '<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /Rect [150 710 400 730] /Parent 7 0 R >>',
        '<< /T (b) /Parent 6 0 R /Kids [6 0 R] >>',
      ],
    }),
  ),
  mendable('fields that hold each other', () =>
    formPdf({ acroForm: '<< /Fields [7 0 R] >>', more: [WIDGET, '<< /T (a) /Kids [7 0 R 6 0 R] >>'] }),
  ),
  bad('100,000 widgets', () => manyWidgets(100_000)),
  mendable('a widget of astronomic size', () => widgetOf('/Rect [-1e38 -1e38 1e38 1e38]')),
  mendable('a widget without a place', () => widgetOf('')),
  mendable('a widget whose place is of words', () => widgetOf('/Rect [(a) /b true null]')),
  mendable('a widget whose type is an array', () =>
    withWidget('<< /Type /Annot /Subtype /Widget /FT [/Tx] /T 12 /Rect [150 710 400 730] >>'),
  ),
  mendable('a widget whose names are dictionaries', () => widgetOf('/Rect [150 710 400 730] /TU << >> /V << >> /Ff (x) /MaxLen /y')),
  bad('annotations that are a string', () => formPdf({ page: `${PAGE} (none)`, contents: stream(''), more: [] })),
  bad('annotations that are numbers', () => formPdf({ page: `${PAGE} [1 2 3]`, contents: stream(''), more: [] })),
  bad('annotations that point nowhere', () => formPdf({ page: `${PAGE} [99 0 R null]`, contents: stream(''), more: [] })),
  mendable('an AcroForm that is an array', () => formPdf({ acroForm: '[1 2 3]' })),
  mendable('fields that are a dictionary', () => formPdf({ acroForm: '<< /Fields << >> >>' })),
  mendable('a page without a size', () => formPdf({ page: '/Annots [6 0 R]' })),
  mendable('a page of no size', () => formPdf({ page: '/MediaBox [0 0 0 0] /Annots [6 0 R]' })),
  mendable('a page of a thousand million points', () => formPdf({ page: '/MediaBox [0 0 1e9 1e9] /Annots [6 0 R]' })),
  mendable('a page whose size is of words', () => formPdf({ page: '/MediaBox [(a) /b << >> null] /Annots [6 0 R]' })),
  bad('no widgets and no text', () => withText('')),
  bad('text and nothing to fill in', () => withText('BT /F1 12 Tf 72 720 Td (Thank you for your letter.) Tj ET')),
  bad('a password', () => encrypted()),
  bad('an encryption that nobody knows', () =>
    rawPdf(
      ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>', '<< /Filter /Unheard /V 9 /R 9 >>'],
      '/Encrypt 3 0 R /ID [(a) (b)]',
    ),
  ),
  bad('a dynamic XFA form', xfaOnly),
  mendable('a page that inflates to 256 MiB', () => bomb(256)),
  mendable('a page that inflates to a GiB', () => bomb(1024)),
  mendable('a page that inflates twice', nestedBomb),
  bad('a picture of ten thousand megapixels', hugeImage),
  bad('a drawing that draws itself', cyclicForm),
  mendable('arrays 200,000 deep on the page', () => formPdf({ contents: stream(`${'['.repeat(200_000)} TJ`) })),
  mendable('dictionaries 50,000 deep in a field', () => widgetOf(`/Rect [150 710 400 730] /MK ${'<< /A '.repeat(50_000)}`)),
  mendable('a million saved states', () => formPdf({ contents: stream('q '.repeat(1_000_000)) })),
  mendable('a length that lies', () => formPdf({ contents: { dict: '/Length -5', data: bytes('BT ET') } })),
  mendable('a filter that nobody knows', () => formPdf({ contents: stream('xx', '/Filter /Unheard') })),
  mendable('a stream that is no deflate', () => formPdf({ contents: stream('not deflated at all', '/Filter /FlateDecode') })),
  mendable('a cross-reference table behind the end', () =>
    bytes(
      Buffer.from(good)
        .toString('latin1')
        .replace(/startxref\n\d+/, 'startxref\n99999999'),
    ),
  ),
  mendable('a cross-reference table that follows itself', () =>
    bytes(
      Buffer.from(good)
        .toString('latin1')
        .replace(/trailer\n<< (.*) >>\nstartxref\n(\d+)/, 'trailer\n<< $1 /Prev $2 >>\nstartxref\n$2'),
    ),
  ),
  mendable('an object that is itself', () => formPdf({ page: `${PAGE} 6 0 R`, more: ['6 0 R'] })),
  mendable('tooltips in Arabic, Chinese and Thai', () =>
    widgetOf('/Rect [150 710 400 730] /TU <FEFF0627064406270633064500206C0F540D00200E0A0E370E480E2D>'),
  ),
  mendable('text in a font that is not there', () => withText('BT /F9 12 Tf 72 720 Td <6C0F540D0000> Tj ET')),
]
