import { z } from 'zod'
import { AgencyKind } from './authored-form.js'
import { FormDescription } from './description.js'
import { Digest } from './digest.js'
import { DataCollectionSpec, FieldMapping } from './spec.js'

export const Split = z.enum(['train', 'eval'])

/** The training truth: a form description and the spec a careful person wrote for it. Windows are derived from it. */
export const Pair = z.object({
  id: z.string(),
  family: z.string(),
  kind: AgencyKind,
  split: Split,
  provenance: z.object({
    /** `authored`: rendered from data/…/forms; `corrected`: a person corrected an extraction in the app. */
    source: z.enum(['authored', 'corrected']),
    form: z.string(),
    layoutSeed: z.int().optional(),
    pdf: Digest,
  }),
  review: z.object({ state: z.enum(['checked', 'candidate', 'rejected']), by: z.string(), on: z.iso.date() }),
  description: FormDescription,
  spec: DataCollectionSpec,
  fieldMapping: FieldMapping,
})
export type Pair = z.infer<typeof Pair>

/** One line of a dataset's train.jsonl. */
export const TrainingExample = z.object({
  id: z.string(),
  family: z.string(),
  prompt: z.string(),
  answer: z.string(),
})
export type TrainingExample = z.infer<typeof TrainingExample>

/** What training data shares with the evaluation forms, measured over the whole dataset. */
export const Leak = z.object({
  /** Training pairs that give an evaluation form away: its PDF, or more than `allowed` of its label sequences. */
  pairs: z.int(),
  /** Largest share of one evaluation form's sequences of four label words that occur in one training pair, 0–1. */
  overlap: z.number(),
  allowed: z.number(),
  /** Where that is; null when nothing is shared. */
  nearest: z.object({ pair: z.string(), form: z.string() }).nullable(),
  /** Training windows whose text has any such sequence of any evaluation form. */
  windows: z.int(),
})
export type Leak = z.infer<typeof Leak>

/** `datasets/<digest>/manifest.json`; the digest is that of this manifest's canonical JSON. */
export const DatasetManifest = z.object({
  promptVersion: z.string(),
  pairs: z.int(),
  families: z.int(),
  windows: z.int(),
  evalPairs: z.int(),
  files: z.array(z.object({ path: z.string(), sha256: Digest, bytes: z.int() })),
})
export type DatasetManifest = z.infer<typeof DatasetManifest>
