import { deflateSync } from 'node:zlib'
import { describe, expect, jest, test } from '@jest/globals'
import { type PDFDict, PDFName, PDFRawStream, type PDFRef } from '@cantoo/pdf-lib'
import { describeForm, PdfRefused } from './index.js'
import { describeIsolated } from './isolated.js'
import { draw } from './test-form.js'

const form = () =>
  draw((on) => {
    on.print(40, 100, 'Name:')
    on.text('name', 80, 90, 100, 14)
  })

/** Each drawing draws the next one ten times, twelve deep. */
async function multiplying(): Promise<Uint8Array> {
  const document = await form()
  const { context } = document
  let inner: PDFRef = context.register(context.stream('0 0 5 5 re f', { Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 9, 9] }))
  for (let i = 0; i < 12; i++)
    inner = context.register(
      context.stream('/X Do '.repeat(10), { Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 9, 9], Resources: { XObject: { X: inner } } }),
    )
  const page = document.getPage(0)
  page.node.setXObject(PDFName.of('Boom'), inner)
  page.node.addContentStream(context.register(context.stream('/Boom Do')))
  return document.save()
}

async function bomb(): Promise<Uint8Array> {
  const document = await form()
  const dict = document.context.obj({ Filter: 'FlateDecode' }) as PDFDict
  const stream = PDFRawStream.of(dict, deflateSync(Buffer.alloc(80 * 1024 * 1024)))
  document.getPage(0).node.addContentStream(document.context.register(stream))
  return document.save()
}

// A thread loads the TypeScript loader anew, which takes long on a busy machine.
jest.setTimeout(300_000)

describe('a stranger’s file', () => {
  test('is described as it is in the same thread', async () => {
    const pdf = await (await form()).save()
    expect(await describeIsolated(pdf, { seconds: 300 })).toEqual(await describeForm(pdf))
  })

  test('that is refused says why', async () => {
    await expect(describeIsolated(new Uint8Array())).rejects.toMatchObject({ name: 'PdfRefused', code: 'empty' })
  })

  test('that multiplies its drawings is ended', async () => {
    const refusal = await describeIsolated(await multiplying(), { seconds: 8 }).catch((e: unknown) => e)
    expect(refusal).toBeInstanceOf(PdfRefused)
    expect(refusal).toMatchObject({ code: 'too-large' })
  })

  test('that unpacks to too much is refused before it is unpacked', async () => {
    await expect(describeForm(await bomb())).rejects.toMatchObject({ code: 'too-large' })
  })

  test('is given up when its reader is', async () => {
    const pdf = await (await form()).save()
    const stop = new AbortController()
    const described = describeIsolated(pdf, { signal: stop.signal })
    stop.abort(new Error('closed'))
    await expect(described).rejects.toThrow('closed')
  })
})
