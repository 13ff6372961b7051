import { constants, inflateSync } from 'node:zlib'
import { MAX_INFLATED_BYTES, MAX_STREAM_BYTES } from './limits.js'
import { PdfRefused } from './refused.js'

const STREAM = Buffer.from('stream')
const END = Buffer.from('endstream')
/** First byte of a zlib stream with the usual window. */
const ZLIB = 0x78

/** Throws {@link PdfRefused} when a compressed stream unpacks to more than a form can need, before a parser unpacks it. */
export function refuseBombs(pdf: Uint8Array): void {
  const bytes = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength)
  let total = 0
  for (let at = bytes.indexOf(STREAM); at >= 0; ) {
    const start = dataStart(bytes, at + STREAM.length)
    const end = bytes.indexOf(END, start)
    if (bytes[start] === ZLIB) total += inflatedSize(bytes.subarray(start, end < 0 ? bytes.length : end))
    if (total > MAX_INFLATED_BYTES) refuse()
    at = end < 0 ? -1 : bytes.indexOf(STREAM, end + END.length)
  }
}

const dataStart = (bytes: Buffer, at: number): number =>
  at + (bytes[at] === 0x0d ? 1 : 0) + (bytes[at] === 0x0a || bytes[at + 1] === 0x0a ? 1 : 0)

function inflatedSize(data: Buffer): number {
  try {
    return inflateSync(data, { maxOutputLength: MAX_STREAM_BYTES, finishFlush: constants.Z_SYNC_FLUSH }).length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') refuse()
    // Encrypted or broken: the parser will say so.
    return 0
  }
}

function refuse(): never {
  throw new PdfRefused('too-large', 'This PDF unpacks to far more than a form needs. Print it to a new PDF file and try that one.')
}
