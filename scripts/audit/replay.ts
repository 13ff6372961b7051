import { Worker } from '@temporalio/worker'
import type { PastCode } from './commit-code.js'
import { type Finding, fails, holds } from './finding.js'
import type { History } from './history.js'

/** Each history, replayed against the workflow code of the commit that the run names, takes the same decisions again. One that is gone does not hold. */
export async function checkReplay(code: PastCode, histories: Map<string, History | null>): Promise<Finding[]> {
  const bundle = await code.workflows()
  const findings: Finding[] = []
  for (const [workflowId, history] of histories) {
    findings.push(history ? await replay(bundle, workflowId, history) : fails('replay', `${workflowId}: its history is gone`))
  }
  return findings
}

const replay = (code: string, workflowId: string, history: History): Promise<Finding> =>
  Worker.runReplayHistory({ workflowBundle: { code }, replayName: workflowId }, history, workflowId).then(
    () => holds('replay', `${workflowId}: ${history.events?.length ?? 0} events replay`),
    (error: Error) => fails('replay', `${workflowId}: ${error.message.split('\n')[0]}`),
  )
