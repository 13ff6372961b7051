import { Context } from '@temporalio/activity'
import { TAGS } from '../contracts/index.js'
import type { Clock } from './ports/clock.js'
import type { Compute, Instance } from './ports/compute.js'
import { canonicalJson } from './ports/digests.js'
import type { ObjectStore } from './ports/object-store.js'
import type { ReconcileActivities } from './types.js'

/** What Temporal knows of a run. */
export interface Runs {
  state(workflowId: string, runId: string): Promise<'open' | 'over' | 'unknown'>
}

export interface ReconcilePorts {
  compute: Compute
  store: ObjectStore
  runs: Runs
  clock: Clock
  regions: string[]
}

const OPEN = new Set<Instance['state']>(['pending', 'running', 'stopping', 'stopped'])
/** `<adapter>-<run id>`; a run id is a UUID. */
const RUN_ID = /-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** Why an instance must end; null when an open run answers for it. */
async function reasonToEnd(instance: Instance, ports: ReconcilePorts): Promise<string | null> {
  const deadline = Date.parse(instance.tags[TAGS.deadline] ?? '')
  if (!(deadline > ports.clock.now())) return `past its deadline ${instance.tags[TAGS.deadline] ?? '(none given)'}`
  const runId = RUN_ID.exec(instance.tags[TAGS.run] ?? '')?.[1]
  const workflowId = instance.tags[TAGS.workflow]
  if (!runId || !workflowId) return 'its tags name no run'
  const state = await ports.runs.state(workflowId, runId)
  return state === 'open' ? null : `its run is ${state}`
}

/**
 * Looks at every tagged instance in every region. One region or instance that fails does not keep the others from being
 * ended; the failure is thrown at the end, so that Temporal tries again.
 */
export async function reconcile(ports: ReconcilePorts, beat: () => void): ReturnType<ReconcileActivities['reconcile']> {
  const ended: Awaited<ReturnType<ReconcileActivities['reconcile']>> = []
  const failures: unknown[] = []
  for (const region of ports.regions) {
    const instances = await ports.compute.find({ region }).catch((error: unknown) => {
      failures.push(error)
      return []
    })
    for (const instance of instances.filter((one) => OPEN.has(one.state))) {
      beat()
      try {
        const reason = await reasonToEnd(instance, ports)
        if (reason) ended.push(await end(instance, reason, ports))
      } catch (error) {
        failures.push(error)
      }
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `Reconciler: ${ended.length} ended, ${failures.length} failed: ${failures.map(String).join('; ')}`)
  return ended
}

async function end(
  instance: Instance,
  reason: string,
  ports: ReconcilePorts,
): Promise<{ instanceId: string; region: string; run: string; reason: string }> {
  const at = new Date(ports.clock.now()).toISOString()
  const record = { instanceId: instance.id, region: instance.region, run: instance.tags[TAGS.run] ?? '', reason }
  // The record comes first: an end without one would look like a loss.
  await ports.store.put(
    `audit/reconciler/${instance.id}.json`,
    Buffer.from(canonicalJson({ ...record, at, state: instance.state, tags: instance.tags })),
  )
  await ports.compute.terminate(instance.region, instance.id)
  return record
}

export const createReconcileActivities = (ports: ReconcilePorts): ReconcileActivities => ({
  reconcile: () => reconcile(ports, () => Context.current().heartbeat()),
})
