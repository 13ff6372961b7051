import { PDFArray, PDFDict, PDFDocument, PDFName, PDFNumber, PDFRef } from '@cantoo/pdf-lib'

/** One page's raw /Annots: the place of each annotation, found by object number or, for a direct dictionary, by rectangle. */
export interface RawAnnots {
  byRef: Map<string, number[]>
  direct: { index: number; rect: number[] }[]
}

/** Reads each page's /Annots in file order, which pdf.js changes (widgets after others) and thins out. Undefined when the file cannot be read that way. */
export async function readAnnots(pdf: Uint8Array): Promise<RawAnnots[] | undefined> {
  try {
    const document = await PDFDocument.load(pdf, { ignoreEncryption: true, updateMetadata: false, throwOnInvalidObject: false })
    return document.getPages().map((page) => rawAnnots(page.node.lookupMaybe(PDFName.of('Annots'), PDFArray)))
  } catch {
    return undefined
  }
}

function rawAnnots(array: PDFArray | undefined): RawAnnots {
  const raw: RawAnnots = { byRef: new Map(), direct: [] }
  for (let index = 0; index < (array?.size() ?? 0); index++) {
    const entry = array!.get(index)
    if (entry instanceof PDFRef) {
      const id = entry.generationNumber === 0 ? `${entry.objectNumber}R` : `${entry.objectNumber}R${entry.generationNumber}`
      raw.byRef.set(id, [...(raw.byRef.get(id) ?? []), index])
    } else if (entry instanceof PDFDict) {
      const rect = entry.lookupMaybe(PDFName.of('Rect'), PDFArray)
      raw.direct.push({ index, rect: rect ? rect.asArray().map((n) => (n instanceof PDFNumber ? n.asNumber() : 0)) : [] })
    }
  }
  return raw
}

/** Takes the place of an annotation as pdf.js names it; a second one of the same object gets the second place. */
export function takeIndex(raw: RawAnnots | undefined, id: string, rect: number[]): number | undefined {
  const places = raw?.byRef.get(id)
  if (places?.length) return places.shift()
  const found = raw?.direct.findIndex((d) => d.rect.length === 4 && sameRect(d.rect, rect)) ?? -1
  return found >= 0 ? raw!.direct.splice(found, 1)[0]!.index : undefined
}

function sameRect(a: number[], b: number[]): boolean {
  const sorted = [Math.min(a[0]!, a[2]!), Math.min(a[1]!, a[3]!), Math.max(a[0]!, a[2]!), Math.max(a[1]!, a[3]!)]
  return sorted.every((n, i) => Math.abs(n - b[i]!) < 0.51)
}
