import { isSpanContextValid, trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino } from 'pino'
import { currentWork } from './work.js'

/** What a part says. */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** Ids of the span that the line was written in, so that a log leads to its trace. */
function spanIds(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext()
  return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}
}

/** A log of one JSON object a line; each has `at`, `level`, `part`, `run`, `stage` and `message`, as in the Python parts. */
export function createLog(part: string, to?: DestinationStream): Logger {
  const options = {
    base: { part },
    messageKey: 'message',
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    formatters: { level: (level: string) => ({ level }) },
    mixin: () => ({ ...currentWork(), ...spanIds() }),
  }
  return to ? pino(options, to) : pino(options)
}
