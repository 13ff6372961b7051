import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { protobufSpans } from './otlp-protobuf.js'

export interface CollectedSpan {
  service: string
  name: string
  trace: string
  id: string
  parent: string
}

interface OtlpJson {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: { name: string; traceId: string; spanId: string; parentSpanId?: string }[] }[]
  }[]
}

const jsonSpans = (body: OtlpJson): CollectedSpan[] =>
  body.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId = '' }) => ({ service, name, trace: traceId, id: spanId, parent: parentSpanId })),
    )
  })

async function bytesOf(asked: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of asked) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  return asked.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
}

/** An OTLP/HTTP collector on a free port: JSON, as our TypeScript parts send it, and protobuf, as our Python parts do. */
export async function collector(): Promise<{ url: string; spans: CollectedSpan[]; close(): void }> {
  const spans: CollectedSpan[] = []
  const server = createServer((asked, answer) => {
    const take = async (): Promise<void> => {
      const body = await bytesOf(asked)
      const json = asked.headers['content-type']?.includes('json')
      spans.push(...(json ? jsonSpans(JSON.parse(body.toString('utf8')) as OtlpJson) : protobufSpans(body)))
    }
    if (asked.method !== 'POST' || asked.url !== '/v1/traces') return void answer.writeHead(404).end()
    take().then(
      () => answer.writeHead(200, { 'content-type': asked.headers['content-type'] }).end(),
      (error: unknown) => answer.writeHead(400).end(String(error)),
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, close: () => server.close() }
}

/** From a span up to the root of its trace, as far as it was collected. */
export function ancestors(spans: readonly CollectedSpan[], of: CollectedSpan): CollectedSpan[] {
  const parent = spans.find((one) => one.trace === of.trace && one.id === of.parent)
  return parent ? [parent, ...ancestors(spans, parent)] : []
}
