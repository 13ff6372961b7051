import { ParseSpeeds, PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName, PDFNumber, PDFRef, PDFString } from '@cantoo/pdf-lib'

interface RawAnnot {
  index: number
  rect: number[]
  /** Its own or its parents' /TU; pdf.js reads the own one alone. */
  tooltip?: string
}

/** One page's raw /Annots: what is at each place, by object number or, for a direct dictionary, by rectangle. */
export interface RawAnnots {
  widgets: number
  byRef: Map<string, RawAnnot[]>
  direct: RawAnnot[]
}

/**
 * Reads each page's /Annots in file order, which pdf.js changes (widgets after others) and thins out. Undefined when the
 * file is too broken to be read that way.
 */
export async function readAnnots(pdf: Uint8Array): Promise<RawAnnots[] | undefined> {
  try {
    // An empty password opens what only its owner locked.
    const document = await PDFDocument.load(pdf, {
      ignoreEncryption: true,
      password: '',
      updateMetadata: false,
      parseSpeed: ParseSpeeds.Fastest,
    })
    return document.getPages().map((page) => rawAnnots(page.node.lookupMaybe(PDFName.of('Annots'), PDFArray)))
  } catch {
    return undefined
  }
}

function rawAnnots(array: PDFArray | undefined): RawAnnots {
  const raw: RawAnnots = { widgets: 0, byRef: new Map(), direct: [] }
  for (let index = 0; index < (array?.size() ?? 0); index++) {
    const entry = array!.get(index)
    const dict = array!.lookup(index)
    if (!(dict instanceof PDFDict)) continue
    if (dict.lookup(PDFName.of('Subtype')) === PDFName.of('Widget')) raw.widgets++
    const annot = { index, ...rectOf(dict), ...tooltipOf(dict) }
    if (entry instanceof PDFRef) {
      const id = entry.generationNumber === 0 ? `${entry.objectNumber}R` : `${entry.objectNumber}R${entry.generationNumber}`
      raw.byRef.set(id, [...(raw.byRef.get(id) ?? []), annot])
    } else raw.direct.push(annot)
  }
  return raw
}

function rectOf(dict: PDFDict): { rect: number[] } {
  const rect = dict.lookup(PDFName.of('Rect'))
  return { rect: rect instanceof PDFArray ? rect.asArray().map((n) => (n instanceof PDFNumber ? n.asNumber() : 0)) : [] }
}

/** Field trees are shallow; a deeper one goes in circles. */
const MAX_PARENTS = 20

function tooltipOf(dict: PDFDict): { tooltip?: string } {
  let at: unknown = dict
  for (let i = 0; i < MAX_PARENTS && at instanceof PDFDict; i++) {
    const text = at.lookup(PDFName.of('TU'))
    if (text instanceof PDFString || text instanceof PDFHexString) return { tooltip: text.decodeText() }
    at = at.lookup(PDFName.of('Parent'))
  }
  return {}
}

/** Takes an annotation as pdf.js names it from its page; a second one of the same object gets the second place. */
export function takeAnnot(raw: RawAnnots | undefined, id: string, rect: number[]): RawAnnot | undefined {
  const places = raw?.byRef.get(id)
  if (places?.length) return places.shift()
  const found = raw?.direct.findIndex((d) => d.rect.length === 4 && sameRect(d.rect, rect)) ?? -1
  return found >= 0 ? raw!.direct.splice(found, 1)[0] : undefined
}

function sameRect(a: number[], b: number[]): boolean {
  const sorted = [Math.min(a[0]!, a[2]!), Math.min(a[1]!, a[3]!), Math.max(a[0]!, a[2]!), Math.max(a[1]!, a[3]!)]
  return sorted.every((n, i) => Math.abs(n - b[i]!) < 0.51)
}
