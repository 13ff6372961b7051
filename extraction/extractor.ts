import type { ExtractionResult, VariantId } from '../contracts/index.js'

export interface ExtractOptions {
  signal?: AbortSignal
  /** Called with 0 once the form is read, then as windows come in: how many are answered, of how many. */
  onWindow?: (done: number, total: number) => void
}

/** One way to turn a PDF into a spec. */
export interface Extractor {
  readonly id: VariantId
  /**
   * @throws PdfRefused when the PDF cannot be read as a form
   * @throws ExtractorUnavailable when the variant cannot answer now
   */
  extract(pdf: Uint8Array, options?: ExtractOptions): Promise<ExtractionResult>
}

/** The variant cannot answer here or now; the message says why and what to do. */
export class ExtractorUnavailable extends Error {
  override name = 'ExtractorUnavailable'
  constructor(
    readonly variant: VariantId,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
