import { z } from 'zod'
import { Digest } from './digest.js'

/** Resolved hyperparameters: every value that changes the result. */
export const Hyperparameters = z.object({
  rank: z.int().min(1).max(256),
  alpha: z.number().positive(),
  dropout: z.number().min(0).max(0.5),
  /** LoRA goes on the upper `layers` layers; the frozen lower ones are computed once per example and kept. */
  layers: z.int().min(1),
  targetModules: z.array(z.string()).min(1),
  learningRate: z.number().positive(),
  warmupShare: z.number().min(0).max(1),
  weightDecay: z.number().min(0),
  epochs: z.number().positive(),
  /** Stops here even when the epochs are not done. */
  maxSteps: z.int().min(1).optional(),
  /** Tokens (prompt + answer) of one optimizer step. */
  tokensPerStep: z.int().min(64),
  maxSequenceTokens: z.int().min(64),
  seed: z.int(),
  precision: z.enum(['auto', 'float32', 'bfloat16', 'qlora']),
})
export type Hyperparameters = z.infer<typeof Hyperparameters>

/** What the instance is told to do: `runs/<run>/attempts/<n>/request.json`. */
export const TrainRequest = z.object({
  run: z.string(),
  attempt: z.int().min(1),
  promptVersion: z.string(),
  /** s3:// URIs with the digest of each folder's manifest.json. */
  dataset: z.object({ uri: z.string(), digest: Digest }),
  base: z.object({ name: z.string(), uri: z.string(), digest: Digest }),
  bundle: z.object({ uri: z.string(), digest: Digest }),
  initFrom: z.object({ uri: z.string(), digest: Digest }).optional(),
  hyperparameters: Hyperparameters,
  /** Where heartbeat.json, metrics.jsonl, checkpoints/ and adapter/ go: `s3://bucket/runs/<run>/`. */
  output: z.string(),
  checkpointSeconds: z.number().positive(),
  deadline: z.iso.datetime(),
  /** The instance shuts itself down when the workflow has not touched `<output>/lease.json` for so long. */
  leaseSeconds: z.number().positive(),
})
export type TrainRequest = z.infer<typeof TrainRequest>

export const MetricsLine = z.object({
  step: z.int(),
  steps: z.int(),
  loss: z.number(),
  learningRate: z.number(),
  tokens: z.int(),
  tokensPerSecond: z.number(),
  at: z.iso.datetime(),
})
export type MetricsLine = z.infer<typeof MetricsLine>

/** `<output>/lease.json`, rewritten by the workflow while it watches. `stop: 'finish'` asks the instance for a last checkpoint, the adapter as reached, and result.json. */
export const Lease = z.object({ attempt: z.int().min(1), touchedAt: z.iso.datetime(), stop: z.enum(['no', 'finish']) })
export type Lease = z.infer<typeof Lease>

/** `<output>/attempts/<n>/heartbeat.json`, rewritten every few seconds. */
export const Heartbeat = z.object({
  attempt: z.int(),
  state: z.enum(['booting', 'fetching', 'preparing', 'training', 'checkpointing', 'uploading', 'interrupted', 'done', 'failed']),
  step: z.int(),
  steps: z.int(),
  loss: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  checkpoint: z.int().nullable(),
  /** Set when state is failed: the program's own error, not retried. */
  error: z.string().nullable(),
  at: z.iso.datetime(),
})
export type Heartbeat = z.infer<typeof Heartbeat>

/** `<output>/attempts/<n>/phases.json`: when each phase of the instance began. */
export const InstancePhases = z.object({ phases: z.array(z.object({ state: Heartbeat.shape.state, at: z.iso.datetime() })) })
export type InstancePhases = z.infer<typeof InstancePhases>

export const FileEntry = z.object({ path: z.string(), sha256: Digest, bytes: z.int() })
export type FileEntry = z.infer<typeof FileEntry>

/** `bases/<digest>/manifest.json` and `bundles/<digest>/manifest.json`: the files of the folder, known by the sha256 of these bytes. */
export const FolderManifest = z.object({ files: z.array(FileEntry).min(1) })
export type FolderManifest = z.infer<typeof FolderManifest>

/** `<output>/checkpoints/<step>/manifest.json`, written last and create-only: a checkpoint without it is incomplete. */
export const CheckpointManifest = z.object({ step: z.int(), attempt: z.int(), files: z.array(FileEntry), at: z.iso.datetime() })
export type CheckpointManifest = z.infer<typeof CheckpointManifest>

/** `adapters/<digest>/manifest.json`: the digest is the sha256 of these bytes. Canonical JSON: keys sorted, no spaces. */
export const AdapterManifest = z.object({
  format: z.literal('peft'),
  base: z.object({ name: z.string(), digest: Digest }),
  promptVersion: z.string(),
  dataset: Digest,
  rank: z.int(),
  files: z.array(FileEntry),
})
export type AdapterManifest = z.infer<typeof AdapterManifest>

/** `<output>/result.json`: the end of the training, create-only. */
export const TrainResult = z.object({
  adapter: z.object({ uri: z.string(), digest: Digest }),
  steps: z.int(),
  loss: z.number(),
  tokens: z.int(),
  seconds: z.number(),
  attempts: z.int(),
  machine: z.string(),
})
export type TrainResult = z.infer<typeof TrainResult>
