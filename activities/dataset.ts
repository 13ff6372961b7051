import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { DatasetManifest, type Leak, type Preset, TrainingExample } from '../contracts/index.js'
import { storeFolder } from './ports/folders.js'
import type { ObjectStore } from './ports/object-store.js'
import type { DatasetActivities } from './types.js'

/** Builds a preset's dataset from the corpus. */
export interface DatasetSource {
  /** Files with manifest.json and train.jsonl. Throws with file, line and field when the corpus is malformed, and when a pair leaks. */
  build(preset: Preset): Promise<Map<string, Uint8Array>>
  /** What the built files share with the evaluation forms. */
  leak(files: Map<string, Uint8Array>): Promise<Leak>
}

/** SmolLM2's tokenizer on form text: measured on our prompts, a token is about three and a half characters. */
const CHARACTERS_PER_TOKEN = 3.5

/** The curating stage: built anew each time, stored once under its digest. */
export function createDatasetActivities(ports: { source: DatasetSource; store: ObjectStore }): DatasetActivities {
  return {
    async curateDataset({ preset }) {
      const context = Context.current()
      const pulse = setInterval(() => context.heartbeat('building'), 5_000)
      try {
        const files = await ports.source.build(preset).catch((error: Error) => {
          throw ApplicationFailure.nonRetryable(error.message, 'DatasetRefused')
        })
        const manifest = DatasetManifest.parse(JSON.parse(text(files, 'manifest.json')))
        const stored = await storeFolder(ports.store, 'datasets', files, (done) => context.heartbeat(done))
        return {
          ...stored,
          pairs: manifest.pairs,
          families: manifest.families,
          windows: manifest.windows,
          leak: await ports.source.leak(files),
          epochTokens: countTokens(text(files, 'train.jsonl')),
        }
      } finally {
        clearInterval(pulse)
      }
    },
  }
}

function text(files: Map<string, Uint8Array>, path: string): string {
  const bytes = files.get(path)
  if (!bytes) throw ApplicationFailure.nonRetryable(`The dataset has no ${path}`, 'DatasetRefused')
  return Buffer.from(bytes).toString('utf8')
}

function countTokens(jsonl: string): number {
  const characters = jsonl
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => TrainingExample.parse(JSON.parse(line)))
    .reduce((sum, example) => sum + example.prompt.length + example.answer.length, 0)
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}
