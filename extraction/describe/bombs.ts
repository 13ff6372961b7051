import { Readable } from 'node:stream'
import { createInflate } from 'node:zlib'
import { MAX_INFLATED_BYTES, MAX_STREAM_BYTES } from './limits.js'
import { PdfRefused } from './refused.js'

const STREAM = Buffer.from('stream')
const END = Buffer.from('endstream')
/** First byte of a zlib stream with the usual window. */
const ZLIB = 0x78
/** Most bytes of one stream, and of all of a file's, unpacked. */
export interface UnpackedLimits {
  stream: number
  all: number
}
const LIMITS: UnpackedLimits = { stream: MAX_STREAM_BYTES, all: MAX_INFLATED_BYTES }
/** A stream may be packed again and again; nobody honest does it more than twice. */
const MAX_LAYERS = 4

/**
 * Throws {@link PdfRefused} when a compressed stream unpacks to more than a form can need, before a parser unpacks it.
 * Counts what comes out and keeps none of it.
 */
export async function refuseBombs(pdf: Uint8Array, limits: UnpackedLimits = LIMITS): Promise<void> {
  const bytes = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength)
  let total = 0
  for (let at = bytes.indexOf(STREAM); at >= 0; ) {
    const start = dataStart(bytes, at + STREAM.length)
    const end = bytes.indexOf(END, start)
    if (bytes[start] === ZLIB) total += await unpackedSize([bytes.subarray(start, end < 0 ? bytes.length : end)], limits.stream)
    if (total > limits.all) throw tooMuch()
    at = end < 0 ? -1 : bytes.indexOf(STREAM, end + END.length)
  }
}

const dataStart = (bytes: Buffer, at: number): number =>
  at + (bytes[at] === 0x0d ? 1 : 0) + (bytes[at] === 0x0a || bytes[at + 1] === 0x0a ? 1 : 0)

type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>

/** Bytes that come out of a stream, layer by layer. */
async function unpackedSize(packed: Chunks, most: number, layers = MAX_LAYERS): Promise<number> {
  let size = 0
  const unpacked = (async function* () {
    for await (const chunk of inflated(packed)) {
      size += chunk.length
      if (size > most) throw tooMuch()
      yield chunk
    }
  })()
  const first = await unpacked.next()
  if (first.done) return 0
  const all = withFirst(first.value, unpacked)
  if (first.value[0] === ZLIB && layers > 1) return size + (await unpackedSize(all, most, layers - 1))
  for await (const _ of all);
  return size
}

async function* withFirst(first: Buffer, rest: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield first
  yield* rest
}

/** Of a broken stream as much as comes out. What goes in is read to its end all the same, since the layer above counts it. */
async function* inflated(packed: Chunks): AsyncIterable<Buffer> {
  const inflate = createInflate()
  const source = Readable.from(packed).on('error', (error) => inflate.destroy(error))
  try {
    try {
      yield* source.pipe(inflate) as AsyncIterable<Buffer>
    } catch (error) {
      if (error instanceof PdfRefused) throw error
    }
    source.unpipe(inflate)
    for await (const _ of source);
  } finally {
    source.destroy()
  }
}

const tooMuch = (): PdfRefused =>
  new PdfRefused('too-large', 'This PDF unpacks to far more than a form needs. Print it to a new PDF file and try that one.')
