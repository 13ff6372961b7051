import type { LogLevel, LogMetadata, Logger as TemporalLogger, RuntimeOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import { workOf } from './work-of.js'

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Whom a line of Temporal's SDK is about, where it says so. */
function workOfLine(meta: LogMetadata | undefined): object {
  const workflowId = text(meta?.workflowId)
  const activityType = text(meta?.activityType)
  if (!meta || workflowId === undefined) return {}
  return workOf({
    workflowType: text(meta.workflowType) ?? '',
    workflowId,
    runId: text(meta.runId) ?? '',
    ...(activityType ? { activityType } : {}),
  })
}

/** Temporal's lines in our log; `error` becomes `err`, which pino writes with its stack. */
function temporalLogger(log: Logger): TemporalLogger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    const { error, ...rest } = meta ?? {}
    const fields = { ...rest, ...workOfLine(meta), ...(error === undefined ? {} : { err: error }) }
    log[level.toLowerCase() as 'info'](fields, message)
  }
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  }
}

/** Options of Temporal's runtime: its own lines as JSON too, and its metrics for Prometheus on loopback where a port is given. */
export function runtimeOptions(log: Logger, metricsPort: string | undefined): RuntimeOptions {
  return {
    logger: temporalLogger(log),
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metricsPort
        ? {
            metrics: {
              prometheus: {
                bindAddress: `127.0.0.1:${metricsPort}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
              },
            },
          }
        : {}),
    },
  }
}
