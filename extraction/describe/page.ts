import { AnnotationMode, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { RawAnnots } from './annots.js'
import type { PageGeometry } from './model.js'
import { readRules } from './rules.js'
import { type Annotation, readWidgets } from './widgets.js'
import { readWords, type TextItem } from './words.js'

/** Reads a page's text, rules and widgets, seen upright from the top left. */
export async function readPage(page: PDFPageProxy, raw: RawAnnots | undefined): Promise<PageGeometry> {
  const annotations = (await page.getAnnotations()) as Annotation[]
  const operators = await page.getOperatorList({ annotationMode: AnnotationMode.DISABLE })
  const content = await page.getTextContent()
  const items = content.items.filter((item) => 'str' in item) as TextItem[]
  const isBold = (font: string) => boldFont(page, font)
  const view = page.getViewport({ scale: 1 })
  const { words, rotated } = readWords(items, view.transform, isBold)
  const size = { page: page.pageNumber, width: view.width, height: view.height }
  const widgets = readWidgets(annotations, size, raw, (rect) => view.convertToViewportRectangle(rect))
  const { h, v, bands } = readRules(operators, view.transform as [number, number, number, number, number, number])
  return { ...size, words, rotated, widgets, h, v, bands }
}

function boldFont(page: PDFPageProxy, name: string): boolean {
  if (!page.commonObjs.has(name)) return false
  const font = page.commonObjs.get(name) as { name?: string; bold?: boolean; black?: boolean }
  return Boolean(font.bold || font.black || /bold|black|heavy|demi|-bd|semib/i.test(font.name ?? ''))
}
