import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type {
  CatalogActivities,
  DatasetActivities,
  DeployActivities,
  NotifyActivities,
  PlanActivities,
  ReconcileActivities,
  TrainingActivities,
} from '../activities/types.js'

type Quick = Pick<PlanActivities, 'quoteSpend' | 'checkPrice'> &
  Pick<TrainingActivities, 'readLossCurve'> &
  Pick<DeployActivities, 'unloadCandidate' | 'promote' | 'readLive' | 'serviceMemoryMiB'>
type Copying = DatasetActivities & Pick<PlanActivities, 'prepareRun'> & Pick<DeployActivities, 'publishAdapter' | 'loadCandidate'>

/** One request or a few: seconds. */
export const quick = proxyActivities<Quick>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '15 minutes',
  retry: { initialInterval: '500ms', maximumInterval: '20s' },
})

/** Moves files or loads models: minutes, with a heartbeat every five seconds; on a crowded machine these come late. */
export const copying = proxyActivities<Copying>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '1 hour',
  heartbeatTimeout: '30s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 20 },
})

/** Launches: a refusal is an answer, a timeout is not, and the client token makes the next try the same launch. */
export const launching = proxyActivities<Pick<TrainingActivities, 'launchInstance'>>({
  startToCloseTimeout: '1 minute',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  heartbeatTimeout: '30s',
  retry: {
    initialInterval: '1s',
    maximumInterval: '15s',
    maximumAttempts: 6,
    nonRetryableErrorTypes: ['NoCapacity', 'PriceRisen', 'LaunchRefused'],
  },
})

/** Looks at an attempt for a slice of time. */
export const watching = proxyActivities<Pick<TrainingActivities, 'watchAttempt'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500ms', maximumInterval: '15s' },
})

/** Ends instances: never given up, since money runs until it succeeds. */
export const ending = proxyActivities<Pick<TrainingActivities, 'terminateInstances'> & ReconcileActivities>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
})

/** Tells people; a run does not fail because nobody could be told. */
export const telling = proxyActivities<NotifyActivities>({
  startToCloseTimeout: '20s',
  cancellationType: ActivityCancellationType.ABANDON,
  retry: { initialInterval: '1s', maximumAttempts: 3 },
})

/** Git: idempotent under the run id, tried for a day. */
export const committing = proxyActivities<CatalogActivities>({
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '1 day',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1 minute' },
})

/** Reads a key, computes a digest: no I/O, so it runs in the worker itself. */
export const local = proxyLocalActivities<Pick<PlanActivities, 'verifyProof'>>({ startToCloseTimeout: '5s' })
