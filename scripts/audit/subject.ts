import { winnerOf } from '../../activities/catalog/sweep-entry.js'
import { type Attempt, CatalogEntry, type Evaluation, RunRecord, SweepEntry, SweepRecord } from '../../contracts/index.js'

type Entry = CatalogEntry | SweepEntry

/** A training that money was spent on, as the page tells it. */
export interface Training {
  run: string
  dollars: number
  attempts: Attempt[]
}

/** What a page claims, the same for a run's and for a sweep's. */
export interface Subject {
  entry: Entry
  /** The JSON as it was read. */
  json: unknown
  /** The record alone, as the workflow committed it. */
  record: RunRecord | SweepRecord
  commitActivity: 'commitCatalog' | 'commitSweep'
  evaluations: Evaluation[]
  /** The one whose gates decided; null when none was reached. */
  decided: Evaluation | null
  /** Every adapter that the page names by its digest. */
  adapters: string[]
  trainings: Training[]
}

/** Reads the JSON beside a page. @throws Error that names the first field that is wrong */
export function subjectOf(json: unknown): Subject {
  const isSweep = typeof json === 'object' && json !== null && 'configurations' in json
  return isSweep ? ofSweep(json, read(SweepEntry, json)) : ofRun(json, read(CatalogEntry, json))
}

function read<T>(
  schema: { safeParse(value: unknown): { success: boolean; data?: T; error?: { issues: { path: PropertyKey[]; message: string }[] } } },
  json: unknown,
): T {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data!
  const issue = parsed.error!.issues[0]!
  throw new Error(`${issue.path.join('.')}: ${issue.message}`)
}

/** What was live before was measured too, and what a training went on from is named in its plan. */
const named = (entry: Entry, evaluations: Evaluation[], ...more: (string | null | undefined)[]): string[] => {
  const measured = evaluations.flatMap(({ summaries }) => summaries.filter((one) => one.role === 'live').map((one) => one.variantDigest))
  const all = [entry.candidate, entry.live, entry.quote?.plan.initFrom, ...measured, ...more]
  return [...new Set(all.filter((digest) => typeof digest === 'string'))]
}

function ofRun(json: unknown, entry: CatalogEntry): Subject {
  const evaluations = entry.evaluation ? [entry.evaluation] : []
  return {
    entry,
    json,
    record: RunRecord.parse(entry),
    commitActivity: 'commitCatalog',
    evaluations,
    decided: entry.evaluation,
    adapters: named(entry, evaluations),
    trainings: entry.attempts.length > 0 ? [{ run: entry.run, dollars: entry.dollars, attempts: entry.attempts }] : [],
  }
}

function ofSweep(json: unknown, entry: SweepEntry): Subject {
  const { configurations: all } = entry
  const evaluations = all.flatMap((one) => (one.evaluation ? [one.evaluation] : []))
  return {
    entry,
    json,
    record: SweepRecord.parse(entry),
    commitActivity: 'commitSweep',
    evaluations,
    decided: winnerOf(entry)?.evaluation ?? null,
    adapters: named(entry, evaluations, ...all.flatMap((one) => [one.candidate, one.initFrom])),
    trainings: all.filter((one) => one.attempts.length > 0).map(({ run, dollars, attempts }) => ({ run, dollars, attempts })),
  }
}
