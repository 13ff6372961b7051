import { context, trace } from '@opentelemetry/api'
import { InstancePhases } from '../../contracts/index.js'
import type { ObjectStore } from '../../activities/ports/object-store.js'
import type { Sighting, WatchInput } from '../../activities/types.js'
import type { Afterwards } from './activities.js'

/**
 * An instance reaches the object store and no collector, so it writes down when each of its phases began; the worker
 * that saw its end sends these as spans of the run's trace.
 */
export function instanceSpans(store: Pick<ObjectStore, 'get'>): Afterwards {
  return async (activity, args, result) => {
    if (activity !== 'watchAttempt' || (result as Sighting).kind === 'progress') return
    const { attempt, launchedAt } = args[0] as WatchInput
    const object = await store.get(`runs/${attempt.run}/attempts/${attempt.attempt}/phases.json`)
    const { phases } = object ? InstancePhases.parse(JSON.parse(Buffer.from(object.bytes).toString('utf8'))) : { phases: [] }
    const attributes = {
      'formwright.run': attempt.run,
      'formwright.attempt': attempt.attempt,
      'formwright.instance': attempt.instanceId ?? '',
      'formwright.ending': (result as Sighting).kind,
    }
    const tracer = trace.getTracer('formwright-instance')
    const whole = tracer.startSpan('instance', { startTime: launchedAt, attributes })
    const within = trace.setSpan(context.active(), whole)
    const times = phases.map(({ at }) => Date.parse(at))
    const end = Math.max(launchedAt, ...times)
    phases.forEach(({ state }, i) => {
      tracer.startSpan(`instance: ${state}`, { startTime: times[i]!, attributes }, within).end(times[i + 1] ?? end)
    })
    whole.end(end)
  }
}
