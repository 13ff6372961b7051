import type { PDFDocument, PDFPage } from '@cantoo/pdf-lib'
import { PDFName } from '@cantoo/pdf-lib'
import { type Face, printable } from './type.js'

export type Ink = number
const n = (value: number): string => (Math.round(value * 100) / 100).toString()

export interface TextOptions {
  face: Face
  size: number
  /** 0 black to 1 white. */
  ink?: Ink
}

/** One page, measured from its top left, y downwards, in points; what is drawn is written by {@link Sheet.finish}. */
export class Sheet {
  readonly #ops: string[] = []
  readonly #faces = new Map<string, Face>()
  constructor(
    readonly page: PDFPage,
    readonly number: number,
    readonly width: number,
    readonly height: number,
  ) {}

  /** `y` is the baseline. */
  text(text: string, x: number, y: number, { face, size, ink = 0 }: TextOptions): void {
    this.#show(text, face, ink, `1 0 0 1 ${n(x)} ${n(this.height - y)}`, size)
  }

  /** Reads from bottom to top; `x` is the baseline, `y` where the text begins (its lower end). */
  sideText(text: string, x: number, y: number, { face, size, ink = 0 }: TextOptions): void {
    this.#show(text, face, ink, `0 1 -1 0 ${n(x)} ${n(this.height - y)}`, size)
  }

  line(x1: number, y1: number, x2: number, y2: number, weight = 0.5, dash?: string): void {
    this.#ops.push(
      `q ${n(weight)} w ${dash ? `[${dash}] 0 d ` : ''}${n(x1)} ${n(this.height - y1)} m ${n(x2)} ${n(this.height - y2)} l S Q`,
    )
  }

  box(x: number, y: number, width: number, height: number, weight = 0.5): void {
    this.#ops.push(`q ${n(weight)} w ${n(x)} ${n(this.height - y - height)} ${n(width)} ${n(height)} re S Q`)
  }

  fill(x: number, y: number, width: number, height: number, ink: Ink): void {
    this.#ops.push(`q ${n(ink)} g ${n(x)} ${n(this.height - y - height)} ${n(width)} ${n(height)} re f Q`)
  }

  /** Writes the page's content and resources. */
  finish(document: PDFDocument): void {
    const stream = document.context.flateStream(this.#ops.join('\n'))
    this.page.node.set(PDFName.of('Contents'), document.context.register(stream))
    for (const [key, face] of this.#faces) this.page.node.setFontDictionary(PDFName.of(key), face.font.ref)
  }

  #show(text: string, face: Face, ink: Ink, matrix: string, size: number): void {
    const shown = printable(text)
    if (shown.trim() === '') return
    this.#faces.set(face.key, face)
    this.#ops.push(`BT ${n(ink)} g /${face.key} ${n(size)} Tf ${matrix} Tm ${face.encode(shown)} Tj ET`)
  }
}
