export const REFUSAL_CODES = [
  'empty',
  'not-pdf',
  'encrypted',
  'no-text',
  'xfa-only',
  'too-large',
  'damaged',
  'no-fields',
  'too-many-widgets',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** Thrown when a file cannot be described; `message` tells a person what is wrong and what to do. */
export class PdfRefused extends Error {
  override readonly name = 'PdfRefused'
  constructor(
    readonly code: RefusalCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

export const damaged = (cause: unknown): PdfRefused =>
  new PdfRefused('damaged', 'This PDF is damaged and cannot be read. Open it in a PDF reader, save it as a new file, and try that one.', {
    cause,
  })
