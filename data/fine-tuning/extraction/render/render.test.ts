import { PDFArray, PDFDict, PDFDocument, PDFName, PDFNumber, PDFRadioGroup } from '@cantoo/pdf-lib'
import { loadForms } from '../load.js'
import { renderForm } from './index.js'

const FORMS = new URL('../forms', import.meta.url).pathname
const SEEDS = [1, 4, 9]
const HIDDEN = 2
const PUSH_BUTTON = 1 << 16

interface Found {
  page: number
  index: number
  rect: [number, number, number, number]
}

/** Every widget that a person sees, with the size of its page. */
async function widgetsOf(pdf: Uint8Array): Promise<{ widgets: Found[]; sizes: { width: number; height: number }[] }> {
  const document = await PDFDocument.load(pdf)
  const widgets: Found[] = []
  document.getPages().forEach((page, p) => {
    const annots = page.node.Annots()
    for (let index = 0; annots && index < annots.size(); index++) {
      const widget = annots.lookup(index, PDFDict)
      const flags = widget.lookupMaybe(PDFName.of('Ff'), PDFNumber)?.asNumber() ?? 0
      const hidden = (widget.lookupMaybe(PDFName.of('F'), PDFNumber)?.asNumber() ?? 0) & HIDDEN
      if (hidden || (widget.lookupMaybe(PDFName.of('FT'), PDFName)?.decodeText() === 'Btn' && flags & PUSH_BUTTON)) continue
      const rect = widget
        .lookup(PDFName.of('Rect'), PDFArray)
        .asArray()
        .map((n) => (n as PDFNumber).asNumber())
      widgets.push({ page: p + 1, index, rect: rect as Found['rect'] })
    }
  })
  return { widgets, sizes: document.getPages().map((p) => p.getSize()) }
}

const forms = (await loadForms(FORMS)).filter((_, i) => i % 6 === 0)

test('the same seed gives the same bytes, another seed another layout', async () => {
  const form = forms[0]!
  const [first, again, other] = await Promise.all([renderForm(form, 7), renderForm(form, 7), renderForm(form, 8)])
  expect(Buffer.from(first.pdf).equals(Buffer.from(again.pdf))).toBe(true)
  expect(first.fieldMapping).toEqual(again.fieldMapping)
  expect(Buffer.from(first.pdf).equals(Buffer.from(other.pdf))).toBe(false)
})

describe.each(forms)('$id', (form) => {
  test('every widget is mapped once, at its place among the annotations', async () => {
    for (const seed of SEEDS) {
      const { pdf, spec, fieldMapping } = await renderForm(form, seed)
      const { widgets } = await widgetsOf(pdf)
      const mapped = Object.values(fieldMapping)
        .flat()
        .map((r) => `${r.page}/${r.index}`)
      expect(mapped.sort()).toEqual(widgets.map((w) => `${w.page}/${w.index}`).sort())
      expect(Object.keys(fieldMapping).sort()).toEqual(spec.groups.flatMap((g) => g.requirements.map((r) => r.fieldName)).sort())
    }
  })

  test('a mapped name is the full name of the field', async () => {
    const { pdf, fieldMapping } = await renderForm(form, 3)
    const document = await PDFDocument.load(pdf)
    const names = new Set(
      document
        .getForm()
        .getFields()
        .map((f) => f.getName()),
    )
    for (const { name } of Object.values(fieldMapping).flat()) expect(names).toContain(name)
  })

  test('no widget leaves its page or covers another', async () => {
    for (const seed of SEEDS) {
      const { widgets, sizes } = await widgetsOf((await renderForm(form, seed)).pdf)
      for (const { page, rect } of widgets) {
        const [x1, y1, x2, y2] = rect
        const { width, height } = sizes[page - 1]!
        expect({
          seed,
          page,
          inside: x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height,
          sized: x2 - x1 > 4 && y2 - y1 > 4,
          rect,
        }).toMatchObject({ inside: true, sized: true })
      }
      expect({ seed, covered: covering(widgets) }).toEqual({ seed, covered: [] })
    }
  })
})

/** Pairs of widgets that share more than a rounding error. */
function covering(widgets: Found[]): string[] {
  const found: string[] = []
  widgets.forEach((a, i) => {
    for (const b of widgets.slice(i + 1)) {
      const across = Math.min(a.rect[2], b.rect[2]) - Math.max(a.rect[0], b.rect[0])
      const down = Math.min(a.rect[3], b.rect[3]) - Math.max(a.rect[1], b.rect[1])
      if (a.page === b.page && across > 0.1 && down > 0.1) found.push(`page ${a.page}: ${a.rect.join(' ')} and ${b.rect.join(' ')}`)
    }
  })
  return found
}

test('a question of radio buttons is one field with a widget for each option', async () => {
  for (let seed = 1; seed < 40; seed++) {
    const { pdf, fieldMapping } = await renderForm(forms[0]!, seed)
    const radio = (await PDFDocument.load(pdf))
      .getForm()
      .getFields()
      .find((f) => f instanceof PDFRadioGroup)
    if (!radio) continue
    const refs = Object.values(fieldMapping).find((r) => r[0]?.name === radio.getName())
    expect(refs?.length).toBe(radio.acroField.getWidgets().length)
    return
  }
  throw new Error('Expected radio buttons in one of 40 layouts')
})
