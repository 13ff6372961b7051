import { context, propagation, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'

/** Traces of one process, while they are on. */
export interface Tracing {
  processor: SpanProcessor
  resource: Resource
  /** Sends what is there. A collector that is away costs its spans, nothing else. */
  flush(): Promise<void>
}

/** A person who ends a command does not wait longer for a collector that is away. */
const LAST_SEND_MS = 3_000

const endpointOf = (env: Record<string, string | undefined>): string | undefined =>
  env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ||
  (env.OTEL_EXPORTER_OTLP_ENDPOINT ? `${env.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, '')}/v1/traces` : undefined)

let started: Promise<Tracing> | undefined

/**
 * Sends this process's spans to an OTLP/HTTP collector; undefined, with nothing loaded, where `OTEL_EXPORTER_OTLP_ENDPOINT` is not set.
 * @param part becomes `service.name` as `formwright-<part>`
 */
export async function startTracing(part: string, env: Record<string, string | undefined> = process.env): Promise<Tracing | undefined> {
  const url = endpointOf(env)
  if (url === undefined) return undefined
  started ??= start(part, url)
  return started
}

async function start(part: string, url: string): Promise<Tracing> {
  const [{ BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { Resource }, { AsyncLocalStorageContextManager }, core] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
    ])
  const resource = new Resource({ 'service.name': `formwright-${part}` })
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: LAST_SEND_MS }), { scheduledDelayMillis: 1000 })
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  return {
    processor,
    resource,
    async flush() {
      const waited = new Promise<void>((resolve) => setTimeout(resolve, LAST_SEND_MS).unref())
      await Promise.race([provider.forceFlush().catch(() => undefined), waited])
    },
  }
}

/** Runs a task in a span of its own; without traces it just runs. */
export function traced<T>(name: string, attributes: Record<string, string | number>, task: (span: Span) => Promise<T>): Promise<T> {
  return trace.getTracer('formwright').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await task(span)
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
      throw error
    } finally {
      span.end()
    }
  })
}
