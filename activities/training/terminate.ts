import type { Clock } from '../ports/clock.js'
import type { Compute, Instance } from '../ports/compute.js'
import type { TerminationReport, TrainingActivities } from '../types.js'

type Target = Parameters<TrainingActivities['terminateInstances']>[0]

/** Between two looks at an instance that is going down. */
const POLL_MS = 1000
/** EC2 may not show an instance for a moment after it has answered the launch. */
const UNSEEN_MS = 60_000

/**
 * Ends every instance of a run (or of one attempt of it) and describes until EC2 says terminated.
 * `settleSeconds` is for a launch whose answer got lost: an instance may show up that late. One whose id is known is
 * ordered to end although EC2 does not show it yet, and waited for.
 */
export async function terminateInstances(
  ports: { compute: Compute; clock: Clock },
  target: Target,
  context: { beat(): void },
): Promise<TerminationReport> {
  const { clock } = ports
  const began = clock.now()
  const ended = new Set<string>()
  for (;;) {
    context.beat()
    const open = await openInstances(ports.compute, target, ended)
    for (const instance of open) if (instance.state !== 'shutting-down') await ports.compute.terminate(instance.region, instance.id)
    const unseen = target.instanceId && !ended.has(target.instanceId) ? target.instanceId : null
    if (unseen) for (const region of target.regions) await ports.compute.terminate(region, unseen)
    const patience = Math.max(target.settleSeconds * 1000, unseen ? UNSEEN_MS : 0)
    if (open.length === 0 && clock.now() - began >= patience) return { terminated: [...ended] }
    await clock.sleep(POLL_MS)
  }
}

async function openInstances(compute: Compute, target: Target, ended: Set<string>): Promise<Instance[]> {
  const found: Instance[] = []
  for (const region of target.regions) {
    const tagged = await compute.find({ region, run: target.run, attempt: target.attempt })
    found.push(...tagged)
    if (target.instanceId && !tagged.some((instance) => instance.id === target.instanceId)) {
      const named = await compute.describe(region, target.instanceId)
      if (named) found.push(named)
    }
  }
  for (const instance of found) ended.add(instance.id)
  return found.filter((instance) => instance.state !== 'terminated')
}
