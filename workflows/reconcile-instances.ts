import { setCurrentDetails } from '@temporalio/workflow'
import { ending } from './proxies.js'

/** On a Schedule: ends tagged instances that no open run answers for. Each one leaves an audit record in the object store. */
export async function reconcileInstances(): Promise<Array<{ instanceId: string; region: string; run: string; reason: string }>> {
  const ended = await ending.reconcile.executeWithOptions({ summary: 'Look for instances that no open run answers for' }, [])
  const lines = ended.map((e) => `- ${e.instanceId} (${e.region}, run ${e.run}): ${e.reason}`)
  setCurrentDetails(ended.length === 0 ? 'Nothing to end.' : `Ended:\n${lines.join('\n')}`)
  return ended
}
