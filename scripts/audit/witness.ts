import { entryOf } from '../../activities/catalog/entry.js'
import { pageOf, renderEntry, renderSweep } from '../../activities/catalog/files.js'
import { sweepEntryOf, sweepPageOf } from '../../activities/catalog/sweep-entry.js'
import { summarise } from '../../activities/evaluate/summarise.js'
import { digestOf } from '../../activities/ports/digests.js'
import {
  CatalogEntry,
  type Difference,
  type Evaluation,
  ExtractionResult,
  Fixture,
  type Leak,
  PublishedFigures,
  RunRecord,
  type Score,
  SweepEntry,
  SweepRecord,
  type VariantSummary,
} from '../../contracts/index.js'
import { scoreForm } from '../../extraction/score.js'

/**
 * What the audit asks the code of a commit. The audit runs that commit's own copy of this file in a checkout of it,
 * so questions and answers stay as they are; only commits before there was one get today's.
 */
export type Question =
  | { about: 'page'; entry: unknown }
  | { about: 'evaluation'; evaluation: Evaluation; published: unknown }
  | { about: 'case'; fixture: unknown; result: unknown }
  | { about: 'leak'; dataset: Record<string, string>; fixtures: unknown[] }

export interface Answers {
  /** Where the page stands, everything rendered from the entry by path, and the entry once more from its record. */
  page: { page: string; files: [string, string][]; derived: unknown }
  evaluation: { summaries: VariantSummary[]; differences: Difference[] | undefined; digest: string | undefined }
  case: { fixtureDigest: string; score: Score }
  leak: Leak
}

async function page(json: unknown): Promise<Answers['page']> {
  if (typeof json === 'object' && json !== null && 'configurations' in json) {
    const entry = SweepEntry.parse(json)
    return { page: sweepPageOf(entry.adapter), files: [...(await renderSweep(entry))], derived: sweepEntryOf(SweepRecord.parse(entry)) }
  }
  const entry = CatalogEntry.parse(json)
  return { page: pageOf(entry.adapter), files: [...(await renderEntry(entry))], derived: entryOf(RunRecord.parse(entry)) }
}

/** Summaries carry what a plan needs to be summarised again. */
function evaluation(given: Evaluation, published: unknown): Answers['evaluation'] {
  const variants = given.summaries
    .filter((one) => one.source === 'measured')
    .map(({ variant, variantDigest, role }) => ({ variant, variantDigest, role: role!, provider: 'local' as const, model: null }))
  const plan = { fixtures: given.fixtures.map((fixture) => ({ ...fixture, fields: 0 })), variants }
  const { summaries, differences, digest } = summarise(plan, given.cases, PublishedFigures.parse(published))
  return { summaries, differences, digest }
}

function oneCase(gold: unknown, result: unknown): Answers['case'] {
  const fixture = Fixture.parse(gold)
  return { fixtureDigest: digestOf(fixture), score: scoreForm(fixture, ExtractionResult.parse(result)) }
}

/** Loaded when it is asked for: older commits did not measure it. */
async function leak(dataset: Record<string, string>, fixtures: unknown[]): Promise<Leak> {
  const { measureLeak } = await import('../../data/fine-tuning/extraction/leak.js')
  const files = new Map(Object.entries(dataset).map(([path, text]) => [path, Buffer.from(text)]))
  return measureLeak(
    files,
    fixtures.map((fixture) => Fixture.parse(fixture)),
  )
}

export async function answer(question: Question): Promise<Answers[keyof Answers]> {
  if (question.about === 'page') return page(question.entry)
  if (question.about === 'evaluation') return evaluation(question.evaluation, question.published)
  if (question.about === 'leak') return leak(question.dataset, question.fixtures)
  return oneCase(question.fixture, question.result)
}

if (process.send && process.argv[1]?.endsWith('witness.ts')) {
  process.on('message', ({ id, question }: { id: number; question: Question }) => {
    answer(question).then(
      (given) => process.send!({ id, given }),
      (error: Error) => process.send!({ id, error: error.message }),
    )
  })
}
