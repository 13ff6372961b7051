import type { CollectedSpan } from './collector.js'

/** A field of a protobuf message: its number, and its bytes or its number. */
interface Field {
  number: number
  bytes: Buffer
}

/** Length-delimited fields of a message; fixed and varint ones are skipped, since no name or id is one. */
function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const [number, type] = [tag >>> 3, tag & 7]
    if (type === 2) {
      const length = varint()
      yield { number, bytes: message.subarray(at, at + length) }
      at += length
    } else if (type === 0) varint()
    else if (type === 1) at += 8
    else if (type === 5) at += 4
    else throw new Error(`Not protobuf: wire type ${type}`)
  }
}

const all = (message: Buffer, number: number): Buffer[] => [...fieldsOf(message)].filter((f) => f.number === number).map((f) => f.bytes)
const one = (message: Buffer, number: number): Buffer => all(message, number)[0] ?? Buffer.alloc(0)

/** `service.name` of a resource: attributes = 1; key = 1, value = 2; string = 1. */
const serviceOf = (resource: Buffer): string => {
  const attribute = all(resource, 1).find((pair) => one(pair, 1).toString() === 'service.name')
  return attribute ? one(one(attribute, 2), 1).toString() : ''
}

/** Spans of an ExportTraceServiceRequest, by the field numbers of opentelemetry-proto's trace.proto. */
export function protobufSpans(body: Buffer): CollectedSpan[] {
  return all(body, 1).flatMap((resourceSpans) => {
    const service = serviceOf(one(resourceSpans, 1))
    const spans = all(resourceSpans, 2).flatMap((scopeSpans) => all(scopeSpans, 2))
    return spans.map((span) => ({
      service,
      name: one(span, 5).toString(),
      trace: one(span, 1).toString('hex'),
      id: one(span, 2).toString('hex'),
      parent: one(span, 4).toString('hex'),
    }))
  })
}
