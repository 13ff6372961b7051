import { AnnotationMode, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { RawAnnots } from './annots.js'
import type { PageGeometry } from './model.js'
import { readRules } from './rules.js'
import { type Annotation, readWidgets } from './widgets.js'
import { type FontTraits, readWords, type TextItem } from './words.js'

/** Reads a page's text, rules and widgets, seen upright from the top left. */
export async function readPage(page: PDFPageProxy, raw: RawAnnots | undefined): Promise<PageGeometry> {
  const annotations = (await page.getAnnotations()) as Annotation[]
  const operators = await page.getOperatorList({ annotationMode: AnnotationMode.DISABLE })
  const content = await page.getTextContent()
  const items = content.items.filter((item) => 'str' in item) as TextItem[]
  const fontOf = (font: string) => traitsOf(page, font)
  const view = uprightView(page, items)
  const { words, rotated } = readWords(items, view.transform, fontOf)
  const size = { page: page.pageNumber, width: view.width, height: view.height }
  const widgets = readWidgets(annotations, size, raw, (rect) => view.convertToViewportRectangle(rect))
  const { h, v, bands } = readRules(operators, view.transform as [number, number, number, number, number, number])
  return { ...size, words, rotated, widgets, h, v, bands }
}

type View = ReturnType<PDFPageProxy['getViewport']>

/** The page turned so that most of its print is upright, whatever its /Rotate says. */
function uprightView(page: PDFPageProxy, items: TextItem[]): View {
  const counts = new Map<number, number>()
  for (const { str, transform } of items) {
    const turned = (Math.round((Math.atan2(transform[1]!, transform[0]!) * 2) / Math.PI) * 90 + 360) % 360
    if (str.trim()) counts.set(turned, (counts.get(turned) ?? 0) + str.length)
  }
  const print = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? (360 - page.rotate) % 360
  const total = [...counts.values()].reduce((a, b) => a + b, 0)
  const clear = (counts.get(print) ?? 0) > 0.6 * total
  return page.getViewport({ scale: 1, rotation: clear ? print : page.rotate })
}

const BOLD = /bold|black|heavy|demi|-bd|semib/i
const SYMBOLS = /wingding|webding|dingbat|commpi|zapf|marlett|fontawesome/i

function traitsOf(page: PDFPageProxy, name: string): FontTraits {
  if (!page.commonObjs.has(name)) return { bold: false, symbols: false }
  const font = page.commonObjs.get(name) as { name?: string; bold?: boolean; black?: boolean }
  return { bold: Boolean(font.bold || font.black || BOLD.test(font.name ?? '')), symbols: SYMBOLS.test(font.name ?? '') }
}
