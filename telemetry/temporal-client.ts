import type { ClientInterceptors } from '@temporalio/client'
import { startTracing } from './tracing.js'

/** Interceptors that let a client's starts and decisions be part of a trace; none while traces are off. */
export async function clientInterceptors(part: string, env: Record<string, string | undefined> = process.env): Promise<ClientInterceptors> {
  if (!(await startTracing(part, env))) return {}
  const { OpenTelemetryWorkflowClientInterceptor } = await import('@temporalio/interceptors-opentelemetry')
  return { workflow: [new OpenTelemetryWorkflowClientInterceptor()] }
}
