import type {
  CatalogCommit,
  Digest,
  FineTuneInput,
  Heartbeat,
  Leak,
  Plan,
  Quote,
  RunRecord,
  SweepRecord,
  TrainRequest,
  TrainResult,
} from '../contracts/index.js'

/** A stored dataset and what the plan and the page say of it. */
export interface CuratedDataset {
  digest: Digest
  uri: string
  pairs: number
  families: number
  windows: number
  /** Absent in histories from before it was measured. */
  leak?: Leak
  /** Prompt and answer tokens of one pass over train.jsonl. */
  epochTokens: number
}

/** How patient the training is; differs by profile only. */
export interface Pace {
  /** First pause before another attempt; doubles each time. */
  backoffSeconds: number
  /** How long one look at an attempt lasts when nothing happens. */
  sliceSeconds: number
  pollSeconds: number
  /** Pause between two slices, as a durable timer. */
  restSeconds: number
  /** Launch to first heartbeat. */
  bootSeconds: number
  /** Silence after which an attempt is lost. */
  lostSeconds: number
  /** Heartbeats without a new step after which an attempt counts as stuck. */
  stuckSeconds: number
  /** Last checkpoint and upload at the cap. */
  graceSeconds: number
}

/** The priced plan's parts, resolved outside the workflow: files are stored, aliases are looked up. */
export interface PreparedRun {
  plan: Plan
  request: Omit<TrainRequest, 'attempt' | 'deadline'>
  pace: Pace
  assurance: 'claimed' | 'verified'
  live: Digest | null
  codeCommit: string
}

export interface PrepareInput {
  run: string
  input: FineTuneInput
  dataset: CuratedDataset
}

export interface QuoteInput {
  plan: Plan
  maxDollars: number
  atCap: Quote['atCap']
  expiresInMinutes: number
}

/** An offer of the approved quote as it stands now; null: no price is published any more. */
export interface PriceCheck {
  dollarsPerHour: number | null
}

export interface LaunchInput {
  workflowId: string
  request: TrainRequest
  region: string
  instanceType: string
  zone: string
  /** Upper bound given to EC2: what was approved. */
  maxDollarsPerHour: number
}

export interface LaunchedInstance {
  instanceId: string
}

export interface AttemptRef {
  run: string
  attempt: number
  region: string
  instanceId: string | null
}

export interface TerminationReport {
  terminated: string[]
}

/** What the watcher saw last; comes back with every look, so that a restarted one knows how long nothing moved. */
export interface Watched {
  heartbeat: Heartbeat | null
  /** Epoch milliseconds of the last heartbeat that differed, and of the last new step or state. */
  heardAt: number
  movedAt: number
}

export interface WatchInput {
  attempt: AttemptRef
  output: string
  stop: 'no' | 'finish'
  since: Watched | null
  launchedAt: number
  pace: Pace
}

export type Sighting =
  | { kind: 'progress'; watched: Watched }
  | { kind: 'done'; watched: Watched; result: TrainResult }
  | { kind: 'interrupted' | 'lost' | 'program-error'; watched: Watched; reason: string }

export interface PublishedAdapter {
  digest: Digest
  uri: string
}

export interface RunNotice {
  kind: 'budget' | 'ended'
  run: string
  workflowId: string
  text: string
}

export interface QuoteNotice {
  workflowId: string
  quote: Quote
  assurance: 'claimed' | 'verified'
}

export interface DatasetActivities {
  curateDataset(request: { run: string; preset: FineTuneInput['preset'] }): Promise<CuratedDataset>
}

export interface PlanActivities {
  prepareRun(input: PrepareInput): Promise<PreparedRun>
  quoteSpend(input: QuoteInput): Promise<Quote>
  checkPrice(quote: Quote): Promise<PriceCheck>
  /** True when the decision's proof is a valid HMAC; takes no time, so it runs as a local activity. */
  verifyProof(decision: {
    quoteDigest: Digest
    approve: boolean
    maxDollars?: number
    approver: string
    channel: string
    proof: string
  }): Promise<boolean>
}

export interface TrainingActivities {
  launchInstance(input: LaunchInput): Promise<LaunchedInstance>
  watchAttempt(input: WatchInput): Promise<Sighting>
  /** Ends every instance that bears the run's tag (and the attempt's, when given) and describes until they are terminated. */
  terminateInstances(target: {
    run: string
    attempt?: number
    regions: string[]
    instanceId?: string | null
    settleSeconds: number
  }): Promise<TerminationReport>
  readLossCurve(input: { run: string; attempts: number }): Promise<Array<{ step: number; loss: number }>>
}

export interface DeployActivities {
  publishAdapter(input: { result: TrainResult; plan: Plan }): Promise<PublishedAdapter>
  loadCandidate(adapter: PublishedAdapter): Promise<void>
  unloadCandidate(digest: Digest): Promise<void>
  promote(input: { alias: string; digest: Digest }): Promise<void>
  readLive(alias: string): Promise<Digest | null>
  serviceMemoryMiB(): Promise<number | null>
}

export interface NotifyActivities {
  notifyQuote(notice: QuoteNotice): Promise<void>
  notifyRun(notice: RunNotice): Promise<void>
}

export interface CatalogActivities {
  commitCatalog(record: RunRecord): Promise<CatalogCommit>
  commitSweep(record: SweepRecord): Promise<CatalogCommit>
}

export interface ReconcileActivities {
  /** Ends tagged instances whose run is over, unknown, or past its deadline; answers what was ended and why. */
  reconcile(): Promise<Array<{ instanceId: string; region: string; run: string; reason: string }>>
}
