import { type RawAnnots, takeAnnot } from './annots.js'
import type { Widget } from './model.js'
import { clean } from './words.js'

/** What pdf.js says of one annotation; everything may be missing in a broken file. */
export interface Annotation {
  id: string
  subtype?: string
  rect: number[]
  fieldName?: string
  fieldType?: string
  alternativeText?: string
  hidden?: boolean
  annotationFlags?: number
  maxLen?: number
  comb?: boolean
  multiLine?: boolean
  checkBox?: boolean
  radioButton?: boolean
  pushButton?: boolean
  required?: boolean
  exportValue?: string
  buttonValue?: string
  options?: { exportValue?: string; displayValue?: string }[]
}

const HIDDEN = 0x02 | 0x20 // Hidden, NoView
const MAX_OPTIONS = 60

/** A page's widgets that a person can see and fill; `toView` maps a PDF rectangle to the page seen upright. */
export function readWidgets(
  annotations: Annotation[],
  page: { page: number; width: number; height: number },
  raw: RawAnnots | undefined,
  toView: (rect: number[]) => number[],
): Widget[] {
  const widgets: Widget[] = []
  annotations.forEach((annotation, position) => {
    const found = takeAnnot(raw, annotation.id, annotation.rect)
    const index = found?.index ?? position
    const kind = kindOf(annotation)
    if (!kind || annotation.hidden || (annotation.annotationFlags ?? 0) & HIDDEN) return
    const [ax, ay, bx, by] = toView(annotation.rect) as [number, number, number, number]
    const box = { x0: Math.min(ax, bx), y0: Math.min(ay, by), x1: Math.max(ax, bx), y1: Math.max(ay, by) }
    if (!Object.values(box).every(Number.isFinite)) return
    if (box.x1 - box.x0 < 1 || box.y1 - box.y0 < 1) return
    const [cx, cy] = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]
    if (cx < 0 || cy < 0 || cx > page.width || cy > page.height) return
    widgets.push({ ...box, kind, page: page.page, index, ...details(annotation, kind, found?.tooltip) })
  })
  return widgets
}

function kindOf(a: Annotation): Widget['kind'] | undefined {
  if (a.subtype !== 'Widget' || a.pushButton) return undefined
  if (a.radioButton) return 'radio'
  if (a.checkBox) return 'check'
  return ({ Tx: 'text', Ch: 'choice', Sig: 'signature' } as const)[a.fieldType ?? '']
}

function details(
  a: Annotation,
  kind: Widget['kind'],
  inherited: string | undefined,
): Omit<Widget, 'kind' | 'page' | 'index' | 'x0' | 'y0' | 'x1' | 'y1'> {
  const options =
    kind === 'choice'
      ? (a.options ?? []).slice(0, MAX_OPTIONS).map((o) => clean(String(o.displayValue ?? o.exportValue ?? '')))
      : [clean(String(a.exportValue ?? a.buttonValue ?? ''))]
  const named = options.filter((o) => o && o !== 'Off')
  const tooltip = clean(String(a.alternativeText || inherited || ''))
  return {
    name: String(a.fieldName ?? '').slice(0, 1000),
    ...(tooltip && { tooltip }),
    ...(a.maxLen && a.maxLen > 0 && { maxLength: a.maxLen }),
    ...(a.comb && { comb: true }),
    ...(a.multiLine && { multiline: true }),
    ...(a.required && { required: true }),
    ...(named.length > 0 && { options: named }),
  }
}
