import type { MetricMeter } from '@temporalio/common'
import { ENDINGS, type RunRecord } from '../../contracts/index.js'
import type { ReconcileActivities } from '../../activities/types.js'

/** What a worker counts of its activities, told of each that succeeded. */
export type Counts = (activity: string, args: unknown[], result: unknown) => void

/**
 * Counters beside Temporal's own. They begin at zero, so that Prometheus sees the first increase. An activity whose
 * answer got lost counts twice: the catalog and the store have the exact figures.
 */
export function countsOf(meter: MetricMeter): Counts {
  const ended = meter.createCounter('formwright_runs_ended', 'run', 'Runs by their ending')
  const dollars = meter.createHistogram('formwright_run_dollars', 'float', undefined, 'Dollars of a run')
  const launched = meter.createCounter('formwright_instances_launched', 'instance', 'Instances launched')
  const looks = meter.createCounter('formwright_reconciliations', 'look', 'Looks of the reconciler that saw every region')
  const reconciled = meter.createCounter('formwright_instances_reconciled', 'instance', 'Instances that no open run answered for')
  for (const ending of ENDINGS) ended.add(0, { ending })
  for (const counter of [launched, looks, reconciled]) counter.add(0)
  return (activity, args, result) => {
    if (activity === 'launchInstance') launched.add(1)
    if (activity === 'reconcile') {
      looks.add(1)
      reconciled.add((result as Awaited<ReturnType<ReconcileActivities['reconcile']>>).length)
    }
    if (activity === 'commitCatalog') {
      const record = args[0] as RunRecord
      ended.add(1, { ending: record.ending })
      dollars.record(record.dollars)
    }
  }
}
