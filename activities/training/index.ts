import { Context } from '@temporalio/activity'
import { MetricsLine } from '../../contracts/index.js'
import type { Clock } from '../ports/clock.js'
import type { TrainingActivities } from '../types.js'
import { launchInstance, type LaunchPorts } from './launch.js'
import { terminateInstances } from './terminate.js'
import { watchAttempt } from './watch.js'

export interface TrainingPorts extends LaunchPorts {
  clock: Clock
}

/** Effects of a training: launch, watch, terminate, read what was reported. */
export function createTrainingActivities(ports: TrainingPorts): TrainingActivities {
  const beat = (details?: unknown): void => Context.current().heartbeat(details)
  return {
    launchInstance: (input) => launchInstance(ports, input),
    watchAttempt: (input) => {
      const resumed = Context.current().info.heartbeatDetails as typeof input.since | undefined
      return watchAttempt(ports, { ...input, since: resumed ?? input.since }, { signal: Context.current().cancellationSignal, beat })
    },
    terminateInstances: (target) => terminateInstances(ports, target, { beat }),
    readLossCurve: async ({ run, attempts }) => {
      const points = new Map<number, number>()
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const object = await ports.store.get(`runs/${run}/attempts/${attempt}/metrics.jsonl`)
        for (const line of object ? Buffer.from(object.bytes).toString('utf8').split('\n') : []) {
          const parsed = line ? MetricsLine.safeParse(JSON.parse(line)) : undefined
          // A later attempt repeats the steps after its checkpoint: its figure replaces the lost one.
          if (parsed?.success) points.set(parsed.data.step, parsed.data.loss)
        }
      }
      return [...points].sort(([a], [b]) => a - b).map(([step, loss]) => ({ step, loss }))
    },
  }
}
