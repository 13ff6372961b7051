import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import {
  type DatasetManifest,
  type Fixture,
  type Pair,
  type Preset,
  PROMPT_VERSION,
  type TrainingExample,
} from '../../../contracts/index.js'
import { renderAnswer } from '../../../extraction/answer.js'
import { goldAnswers } from '../../../extraction/gold.js'
import { renderPrompt } from '../../../extraction/prompt.js'
import { cutWindows, MAX_MARKERS } from '../../../extraction/windows.js'
import { leaksInto } from './overlap.js'
import { MalformedData, readFixtures, readPairs } from './pairs.js'

export const DATA_DIR = fileURLToPath(new URL('.', import.meta.url))
/** Fewer would not carry a fine-tuning: the issue's own bound. */
export const MIN_PAIRS = 50

/** A dataset ready to store: its manifest's bytes give its digest. */
export interface Dataset {
  digest: string
  manifest: DatasetManifest
  files: Map<string, Uint8Array>
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** JSON with sorted keys and no spaces, so that equal content has equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
}

/** A pair's windows as prompt and answer, through the same code as extraction. A window without any gold field is left out. */
export function examplesOf(
  pair: Pick<Pair, 'id' | 'family' | 'description' | 'spec' | 'fieldMapping'>,
  maxMarkers = MAX_MARKERS,
): TrainingExample[] {
  const windows = cutWindows(pair.description, maxMarkers)
  const answers = goldAnswers(windows, pair.spec, pair.fieldMapping)
  return windows.flatMap((window, i) => {
    const answer = answers[i]!
    if (answer.fields.length === 0) return []
    return [{ id: `${pair.id}/${window.id}`, family: pair.family, prompt: renderPrompt(window), answer: renderAnswer(window, answer) }]
  })
}

/**
 * Pairs that may be trained on: checked, of the train split.
 * @throws MalformedData when there are fewer than {@link MIN_PAIRS}, or one occurs in the evaluation fixtures
 */
export function selectPairs(pairs: Pair[], fixtures: Fixture[]): Pair[] {
  const chosen = pairs.filter((p) => p.split === 'train' && p.review.state === 'checked')
  if (chosen.length < MIN_PAIRS)
    throw new MalformedData(
      `Expected at least ${MIN_PAIRS} checked training pairs, got ${chosen.length}. Nothing was stored; review more candidates, or restore the missing files.`,
    )
  const ids = new Set<string>()
  for (const pair of chosen) {
    if (ids.has(pair.id)) throw new MalformedData(`Pair ${pair.id} occurs twice. Nothing was stored; remove one.`)
    ids.add(pair.id)
    const fixture = leaksInto(pair, fixtures)
    if (fixture)
      throw new MalformedData(
        `Pair ${pair.id} occurs in the evaluation fixture ${fixture.id}. Nothing was stored; remove the pair or move its family to the eval split.`,
      )
  }
  return chosen
}

/** Packs pairs and examples as a dataset. */
export function packDataset(pairs: Pair[], examples: TrainingExample[], evalPairs: number): Dataset {
  const encode = (rows: unknown[]) => new TextEncoder().encode(rows.map((row) => `${canonicalJson(row)}\n`).join(''))
  const files = new Map<string, Uint8Array>([
    ['train.jsonl', encode(examples)],
    [
      'pairs.jsonl',
      encode(
        pairs.map(({ id, family, kind, provenance, review, spec, fieldMapping }) => ({
          id,
          family,
          kind,
          provenance,
          review,
          spec,
          fieldMapping,
        })),
      ),
    ],
  ])
  const manifest: DatasetManifest = {
    promptVersion: PROMPT_VERSION,
    pairs: pairs.length,
    families: new Set(pairs.map((p) => p.family)).size,
    windows: examples.length,
    evalPairs,
    files: [...files].map(([path, bytes]) => ({ path, sha256: sha256(bytes), bytes: bytes.byteLength })),
  }
  const manifestBytes = new TextEncoder().encode(canonicalJson(manifest))
  files.set('manifest.json', manifestBytes)
  return { digest: sha256(manifestBytes), manifest, files }
}

/** How much of the corpus a preset trains on: `checked` is the committed pairs, `all` adds the composed forms in several layouts. */
const CORPUS: Record<Preset, 'checked' | 'all'> = {
  tiny: 'checked',
  quick: 'checked',
  full: 'all',
  'llama-3.2-3b': 'all',
  'mistral-7b': 'all',
}

/**
 * The curate step: validated pairs, split by family, leak-checked, as a dataset.
 * @throws MalformedData naming what is wrong; nothing is written anywhere
 */
export async function buildDataset(preset: Preset, dir: string = DATA_DIR): Promise<Dataset> {
  const fixtures = await readFixtures(join(dir, 'fixtures'))
  const committed = selectPairs(await readPairs(join(dir, 'pairs')), fixtures)
  const pairs =
    CORPUS[preset] === 'all' ? [...committed, ...(await import('./corpus.js').then((m) => m.corpusPairs(dir, committed)))] : committed
  const examples: TrainingExample[] = []
  for (const pair of pairs) {
    examples.push(...examplesOf(pair))
    // Between two pairs others have their turn: the worker's heartbeats, above all.
    await setImmediate()
  }
  return packDataset(pairs, examples, fixtures.length)
}
