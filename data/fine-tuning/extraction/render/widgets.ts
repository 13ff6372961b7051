import { type PDFArray, type PDFDict, type PDFDocument, PDFHexString, PDFName, PDFNumber, type PDFRef, PDFString } from '@cantoo/pdf-lib'
import type { WidgetRef } from '../../../../contracts/index.js'
import type { Sheet } from './sheet.js'

/** Points from the page's top left. */
export interface Area {
  x: number
  y: number
  width: number
  height: number
}
export interface WidgetOptions {
  name: string
  tooltip?: string | undefined
  required?: boolean | undefined
  fontSize?: number
}
export interface TextOptions extends WidgetOptions {
  maxLength?: number | undefined
  comb?: boolean
  multiline?: boolean
}

/** A widget whose place in /Annots is known once its page is complete. */
export interface Placed {
  ref: PDFRef
  sheet: Sheet
  name: string
}

const FLAG = {
  required: 1 << 1,
  multiline: 1 << 12,
  noToggleOff: 1 << 14,
  radio: 1 << 15,
  pushButton: 1 << 16,
  combo: 1 << 17,
  comb: 1 << 24,
}
const PRINT = 4
const HIDDEN = 2

/** Writes AcroForm fields and their widgets; a dotted name makes its parents. */
export class FormWriter {
  readonly #roots: PDFArray
  readonly #parents = new Map<string, { ref: PDFRef; kids: PDFArray }>()
  readonly #marks = new Map<string, PDFRef>()

  constructor(readonly document: PDFDocument) {
    const { context } = document
    this.#roots = context.obj([])
    const fonts = {
      Helv: context.register(context.obj({ Type: 'Font', Subtype: 'Type1', BaseFont: 'Helvetica', Encoding: 'WinAnsiEncoding' })),
      ZaDb: context.register(context.obj({ Type: 'Font', Subtype: 'Type1', BaseFont: 'ZapfDingbats' })),
    }
    const form = context.obj({ Fields: this.#roots, NeedAppearances: true, DA: PDFString.of('/Helv 0 Tf 0 g'), DR: { Font: fonts } })
    document.catalog.set(PDFName.of('AcroForm'), context.register(form))
  }

  text(sheet: Sheet, area: Area, options: TextOptions): Placed {
    const flags = (options.multiline ? FLAG.multiline : 0) | (options.comb ? FLAG.comb : 0)
    const field = this.#widget(sheet, area, { FT: 'Tx', DA: PDFString.of(`/Helv ${options.fontSize ?? 0} Tf 0 g`) })
    if (options.maxLength) field.set(PDFName.of('MaxLen'), PDFNumber.of(options.maxLength))
    return this.#field(sheet, field, options, flags)
  }

  dropdown(sheet: Sheet, area: Area, options: WidgetOptions & { choices: string[] }): Placed {
    const field = this.#widget(sheet, area, {
      FT: 'Ch',
      DA: PDFString.of('/Helv 0 Tf 0 g'),
      Opt: options.choices.map((c) => PDFHexString.fromText(c)),
    })
    return this.#field(sheet, field, options, FLAG.combo)
  }

  signature(sheet: Sheet, area: Area, options: WidgetOptions): Placed {
    return this.#field(sheet, this.#widget(sheet, area, { FT: 'Sig' }), options, 0)
  }

  check(sheet: Sheet, area: Area, options: WidgetOptions & { value?: string }): Placed {
    const field = this.#button(sheet, area, options.value ?? 'Yes')
    field.set(PDFName.of('FT'), PDFName.of('Btn'))
    field.set(PDFName.of('V'), PDFName.of('Off'))
    return this.#field(sheet, field, options, 0)
  }

  /** Boxes of which one can be on; each is a widget of the one field. */
  radio(boxes: { sheet: Sheet; area: Area; value: string; tooltip?: string | undefined }[], options: WidgetOptions): Placed[] {
    const { context } = this.document
    const kids = context.obj([])
    const field = context.obj({ FT: 'Btn', V: 'Off', Kids: kids })
    const placed = this.#field(boxes[0]!.sheet, field, options, FLAG.radio | FLAG.noToggleOff, false)
    return boxes.map(({ sheet, area, value, tooltip }) => {
      const kid = this.#button(sheet, area, value)
      kid.set(PDFName.of('Parent'), placed.ref)
      if (tooltip) kid.set(PDFName.of('TU'), PDFHexString.fromText(tooltip))
      const ref = context.register(kid)
      kids.push(ref)
      sheet.page.node.addAnnot(ref)
      return { ref, sheet, name: options.name }
    })
  }

  /** What forms carry beside their fields: a push button, or a field that nobody sees. It is no part of the gold. */
  distractor(sheet: Sheet, area: Area, kind: 'button' | 'hidden', name: string): void {
    const field = this.#widget(sheet, area, kind === 'button' ? { FT: 'Btn', MK: { CA: PDFString.of(name) } } : { FT: 'Tx' })
    if (kind === 'hidden') field.set(PDFName.of('F'), PDFNumber.of(HIDDEN))
    this.#field(sheet, field, { name }, kind === 'button' ? FLAG.pushButton : 0)
  }

  #widget(sheet: Sheet, area: Area, entries: Record<string, unknown>): PDFDict {
    const round = (v: number) => Math.round(v * 100) / 100
    const rect = [area.x, sheet.height - area.y - area.height, area.x + area.width, sheet.height - area.y].map(round)
    return this.document.context.obj({
      Type: 'Annot',
      Subtype: 'Widget',
      Rect: rect,
      F: PRINT,
      P: sheet.page.ref,
      ...entries,
    } as never) as unknown as PDFDict
  }

  #button(sheet: Sheet, area: Area, value: string): PDFDict {
    const size = Math.round(area.height)
    const states = { [value]: this.#mark(size, true), Off: this.#mark(size, false) }
    return this.#widget(sheet, area, { AS: 'Off', MK: { CA: PDFString.of('4') }, AP: { N: states } })
  }

  #mark(size: number, on: boolean): PDFRef {
    const key = `${size}${on}`
    const known = this.#marks.get(key)
    if (known) return known
    const drawing = on ? `q 1.2 w 2 2 m ${size - 2} ${size - 2} l 2 ${size - 2} m ${size - 2} 2 l S Q` : 'q Q'
    const { context } = this.document
    const ref = context.register(context.stream(drawing, { Type: 'XObject', Subtype: 'Form', BBox: [0, 0, size, size] }))
    this.#marks.set(key, ref)
    return ref
  }

  #field(sheet: Sheet, field: PDFDict, options: WidgetOptions, flags: number, annotation = true): Placed {
    const path = options.name.split('.')
    const leaf = path.pop()!
    const ref = this.document.context.register(field)
    const parent = this.#parent(path)
    field.set(PDFName.of('T'), PDFHexString.fromText(leaf))
    if (parent) field.set(PDFName.of('Parent'), parent.ref)
    if (options.tooltip) field.set(PDFName.of('TU'), PDFHexString.fromText(options.tooltip))
    const all = flags | (options.required ? FLAG.required : 0)
    if (all) field.set(PDFName.of('Ff'), PDFNumber.of(all))
    ;(parent?.kids ?? this.#roots).push(ref)
    if (annotation) sheet.page.node.addAnnot(ref)
    return { ref, sheet, name: options.name }
  }

  #parent(path: string[]): { ref: PDFRef; kids: PDFArray } | undefined {
    if (path.length === 0) return undefined
    const key = path.join('.')
    const known = this.#parents.get(key)
    if (known) return known
    const { context } = this.document
    const above = this.#parent(path.slice(0, -1))
    const kids = context.obj([])
    const dict = context.obj({ T: PDFHexString.fromText(path.at(-1)!), Kids: kids })
    const made = { ref: context.register(dict), kids }
    if (above) dict.set(PDFName.of('Parent'), above.ref)
    ;(above?.kids ?? this.#roots).push(made.ref)
    this.#parents.set(key, made)
    return made
  }
}

/** Each widget's place in its page's /Annots, from 0. */
export function widgetRefs(placed: Placed[]): WidgetRef[] {
  return placed.map(({ ref, sheet, name }) => {
    const annots = sheet.page.node.Annots()
    const index = annots ? annots.asArray().indexOf(ref) : -1
    if (index < 0) throw new Error(`Expected the widget ${name} among its page's annotations`)
    return { name, page: sheet.number, index }
  })
}
