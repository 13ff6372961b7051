import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { FixtureShelf } from './extract/fixtures.js'
import { patience } from './extract/reader.js'
import { type AppProcess, startApp } from './testing/app-process.js'
import { BAD_PDFS } from './testing/bad-pdfs.js'
import { formPdf } from './testing/raw-pdf.js'
import { Visitor } from './testing/visitor.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LIMIT_SECONDS = 10
/** Of the whole process, at its peak: node, the app, its reading threads and what they read. */
const LIMIT_MIB = 512

describe('PDFs that are broken, hostile or no forms', () => {
  let app: AppProcess
  let visitor: Visitor
  beforeAll(async () => {
    app = await startApp()
    visitor = new Visitor(fetch, app.url)
    await visitor.signIn(app.password)
  }, 300_000)
  afterAll(() => app.stop())

  const upload = (pdf: Uint8Array) =>
    visitor.post('/extractions', { pdf: new File([new Uint8Array(pdf)], 'form.pdf', { type: 'application/pdf' }) })

  test('there are at least forty of them, each of its own kind', () => {
    expect(new Set(BAD_PDFS.map((bad) => bad.name)).size).toBe(BAD_PDFS.length)
    expect(BAD_PDFS.length).toBeGreaterThanOrEqual(40)
  })

  test.each(BAD_PDFS)(
    '$name: a clear message in time',
    async ({ make, mayBeRead }) => {
      const pdf = await make()
      const began = Date.now()
      const answer = await upload(pdf)
      const seconds = (Date.now() - began) / 1000
      if (mayBeRead && answer.status === 303) return
      const message = Visitor.alertOf(await answer.text())
      // What is larger than any upload may be is refused before it is read.
      expect(answer.status).toBe(pdf.length > 20 * 2 ** 20 ? 413 : 422)
      expect(message).toMatch(/^\S.{40,}\.$/)
      expect(message).not.toMatch(/\n\s*at |Error|undefined|object Object/)
      // On a machine that others use too the limits are as patient as the machine is slow, and so is the start of a thread.
      const slowness = patience()
      expect(seconds).toBeLessThan(slowness > 1 ? 2 * LIMIT_SECONDS * slowness : LIMIT_SECONDS)
    },
    180_000,
  )

  test('the app still reads good forms after all of them, and never took more memory than allowed', async () => {
    expect((await upload(formPdf())).status).toBe(303)
    const shelf = new FixtureShelf(ROOT)
    // One on the heels of the other: what one extraction takes is not laid at the next form's door.
    for (const { id } of await shelf.list()) expect([id, (await upload((await shelf.pdf(id))!)).status]).toEqual([id, 303])
    const peak = await app.peakMiB()
    if (peak === undefined) process.stderr.write('This system does not tell the peak of a process: its memory is not tested here.\n')
    else expect(peak).toBeLessThan(LIMIT_MIB)
  }, 120_000)
})
