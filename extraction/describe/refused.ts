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
  ) {
    super(message)
  }
}
