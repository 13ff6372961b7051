import { Runtime, type WorkerInterceptors, type WorkerOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import type { ObjectStore } from '../../activities/ports/object-store.js'
import type { Tracing } from '../../telemetry/tracing.js'
import { ObservedActivity } from './activities.js'
import { countsOf } from './counts.js'
import { instanceSpans } from './instance-spans.js'

type Observing = Pick<WorkerOptions, 'interceptors' | 'sinks'>

/** What makes a worker observable. Without traces, Temporal's OpenTelemetry code is not even loaded. */
export async function observing(log: Logger, store: Pick<ObjectStore, 'get'>, tracing: Tracing | undefined): Promise<Observing> {
  const counts = countsOf(Runtime.instance().metricMeter)
  const afterwards = tracing ? instanceSpans(store) : async () => {}
  const ours = ((context) => ({ inbound: new ObservedActivity(context, log, counts, afterwards) })) satisfies NonNullable<
    WorkerInterceptors['activity']
  >[number]
  if (!tracing) return { interceptors: { activity: [ours] } }
  const { makeWorkflowExporter, OpenTelemetryActivityInboundInterceptor } = await import('@temporalio/interceptors-opentelemetry')
  return {
    interceptors: { activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) }), ours] },
    sinks: { exporter: makeWorkflowExporter(tracing.processor, tracing.resource) },
  }
}
