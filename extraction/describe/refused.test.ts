import { describe, expect, test } from '@jest/globals'
import { PDFDict, PDFDocument, PDFName } from '@cantoo/pdf-lib'
import { describeForm, PdfRefused, type RefusalCode } from './index.js'
import { MAX_PAGES, MAX_PDF_BYTES, MAX_WIDGETS } from './limits.js'
import { draw, pdfOf } from './test-form.js'

const bytes = (text: string) => new TextEncoder().encode(text)

async function refusalOf(pdf: Uint8Array): Promise<PdfRefused> {
  const error = await describeForm(pdf).then(
    () => undefined,
    (e: unknown) => e,
  )
  if (!(error instanceof PdfRefused)) throw new Error(`Expected a refusal, got ${String(error)}`)
  return error
}

const withField = () =>
  draw((on) => {
    on.print(40, 100, 'Name:')
    on.text('name', 80, 90, 100, 14)
  })

async function encrypted(): Promise<Uint8Array> {
  const document = await withField()
  document.encrypt({ userPassword: 'harbour', ownerPassword: 'master' })
  return document.save({ useObjectStreams: false })
}

async function xfaOnly(): Promise<Uint8Array> {
  const document = await draw((on) => on.print(40, 100, 'Please wait...'))
  const xfa = document.context.register(document.context.stream('<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"/>'))
  document.catalog.set(PDFName.of('AcroForm'), document.context.obj({ XFA: xfa, Fields: [] }))
  return document.save()
}

async function manyWidgets(): Promise<Uint8Array> {
  const document = await draw((on) => on.print(40, 40, 'Grid'))
  const page = document.getPage(0)
  const { context } = document
  const refs = Array.from({ length: MAX_WIDGETS + 1 }, (_, i) =>
    context.register(context.obj({ Type: 'Annot', Subtype: 'Widget', FT: 'Tx', Rect: [i % 600, 100, (i % 600) + 5, 110] })),
  )
  page.node.set(PDFName.of('Annots'), context.obj(refs))
  return document.save()
}

async function pagesOf(count: number): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  for (let i = 0; i < count; i++) document.addPage([100, 100])
  return document.save()
}

describe('refuses with a code and a way out', () => {
  test.each<[string, RefusalCode, () => Promise<Uint8Array> | Uint8Array]>([
    ['an empty file', 'empty', () => new Uint8Array()],
    ['a text file', 'not-pdf', () => bytes('Dear harbour master,')],
    ['a file over the limit', 'too-large', () => new Uint8Array(MAX_PDF_BYTES + 1)],
    ['too many pages', 'too-large', () => pagesOf(MAX_PAGES + 1)],
    ['a file that needs a password', 'encrypted', encrypted],
    ['garbage behind the header', 'damaged', () => bytes('%PDF-1.7\ngarbage')],
    ['a page without text', 'no-text', () => pagesOf(1)],
    ['a dynamic XFA placeholder', 'xfa-only', xfaOnly],
    ['a letter', 'no-fields', () => pdfOf((on) => on.print(40, 100, 'Dear harbour master, thank you.'))],
    ['too many widgets', 'too-many-widgets', manyWidgets],
  ])('%s', async (_, code, make) => {
    const refusal = await refusalOf(await make())
    expect(refusal.code).toBe(code)
    expect(refusal.message).toMatch(/\. .+\.$|try again|Choose the PDF again/)
  })
})

test('the caller keeps its bytes', async () => {
  const pdf = await (await withField()).save()
  const before = pdf.slice()
  await describeForm(pdf)
  expect(pdf).toEqual(before)
})

test('a half of a file is described or refused, never crashes', async () => {
  const pdf = await (await withField()).save()
  for (const share of [0.2, 0.5, 0.8, 0.95]) {
    const outcome = await describeForm(pdf.slice(0, pdf.length * share)).catch((e: unknown) => e)
    expect(outcome instanceof PdfRefused || typeof outcome === 'object').toBe(true)
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(PdfRefused)
  }
})

test('fields that are their own parents end', async () => {
  const document = await withField()
  const field = document.getForm().getTextField('name')
  const widget = document.context.lookup(field.ref, PDFDict)
  widget.set(PDFName.of('Parent'), field.ref)
  widget.set(PDFName.of('Kids'), document.context.obj([field.ref]))
  const outcome = await describeForm(await document.save({ updateFieldAppearances: false })).catch((e: unknown) => e)
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(PdfRefused)
  else expect((outcome as { markers: unknown[] }).markers).toHaveLength(1)
})
