import { runNameOf, type Stage } from '../../contracts/index.js'
import type { Work } from '../../telemetry/work.js'
import type { activitiesOf } from '../wire.js'

export type ActivityName = keyof ReturnType<typeof activitiesOf>

/** In which stage of a run an activity is called; null: outside of runs. The compiler asks for every activity. */
const STAGES: Record<ActivityName, Stage | null> = {
  curateDataset: 'curating',
  prepareRun: 'curating',
  quoteSpend: 'awaiting-approval',
  notifyQuote: 'awaiting-approval',
  verifyProof: 'awaiting-approval',
  checkPrice: 'training',
  launchInstance: 'training',
  watchAttempt: 'training',
  terminateInstances: 'training',
  publishAdapter: 'publishing',
  loadCandidate: 'deploying',
  planEvaluation: 'evaluating',
  evaluateCase: 'evaluating',
  summariseEvaluation: 'evaluating',
  serviceMemoryMiB: 'deciding',
  promote: 'deciding',
  unloadCandidate: 'committing',
  readLossCurve: 'committing',
  readLive: 'committing',
  commitCatalog: 'committing',
  commitSweep: 'committing',
  notifyRun: 'committing',
  trainedOn: null,
  reconcile: null,
}

/** A run's own workflow goes through all stages; its children are one stage each. */
const STAGE_OF_WORKFLOW: Record<string, Stage> = { trainOnSpot: 'training', evaluateVariants: 'evaluating' }

/** `train-on-spot/<run>`, `evaluate-variants/<run>`; a run's own workflow is named after its adapter. */
function runOf(workflowId: string, runId: string): string | null {
  const child = /^(?:train-on-spot|evaluate-variants)\/(.+)$/.exec(workflowId)
  return child ? child[1]! : runNameOf(workflowId, runId)
}

/** The run and stage that a workflow, or an activity of it, works for. */
export function workOf(at: { workflowType: string; workflowId: string; runId: string; activityType?: string }): Work {
  const run = runOf(at.workflowId, at.runId)
  if (run === null) return { run, stage: null }
  const ofWorkflow = STAGE_OF_WORKFLOW[at.workflowType] ?? null
  return { run, stage: at.activityType ? (STAGES[at.activityType as ActivityName] ?? ofWorkflow) : ofWorkflow }
}
