import { entryOf } from '../../activities/catalog/entry.js'
import { pageOf, renderEntry, renderSweep } from '../../activities/catalog/files.js'
import { sweepEntryOf, sweepPageOf, winnerOf } from '../../activities/catalog/sweep-entry.js'
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
  /** Where the page of this entry stands. */
  page: string
  /** Everything that is rendered from the entry, by path. */
  rendered: Map<string, string>
  /** The entry once more, from its record. */
  derived: Entry
  /** The record alone, as the workflow committed it. */
  record: RunRecord | SweepRecord
  commitActivity: 'commitCatalog' | 'commitSweep'
  evaluations: Evaluation[]
  /** The one whose gates decided; null when none was reached. */
  decided: Evaluation | null
  adapters: string[]
  trainings: Training[]
  /** Names of runs that children are called after. */
  runs: string[]
}

/** Reads the JSON beside a page. @throws Error that names the first field that is wrong */
export async function subjectOf(json: unknown): Promise<Subject> {
  const isSweep = typeof json === 'object' && json !== null && 'configurations' in json
  return isSweep ? ofSweep(read(SweepEntry, json)) : ofRun(read(CatalogEntry, json))
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

async function ofRun(entry: CatalogEntry): Promise<Subject> {
  const record = RunRecord.parse(entry)
  return {
    entry,
    page: pageOf(entry.adapter),
    rendered: await renderEntry(entry),
    derived: entryOf(record),
    record,
    commitActivity: 'commitCatalog',
    evaluations: entry.evaluation ? [entry.evaluation] : [],
    decided: entry.evaluation,
    adapters: entry.candidate ? [entry.candidate] : [],
    trainings: entry.attempts.length > 0 ? [{ run: entry.run, dollars: entry.dollars, attempts: entry.attempts }] : [],
    runs: [entry.run],
  }
}

async function ofSweep(entry: SweepEntry): Promise<Subject> {
  const record = SweepRecord.parse(entry)
  const { configurations: all } = entry
  return {
    entry,
    page: sweepPageOf(entry.adapter),
    rendered: await renderSweep(entry),
    derived: sweepEntryOf(record),
    record,
    commitActivity: 'commitSweep',
    evaluations: all.flatMap((one) => (one.evaluation ? [one.evaluation] : [])),
    decided: winnerOf(entry)?.evaluation ?? null,
    adapters: [...new Set(all.flatMap((one) => (one.candidate ? [one.candidate] : [])))],
    trainings: all.filter((one) => one.attempts.length > 0).map(({ run, dollars, attempts }) => ({ run, dollars, attempts })),
    runs: all.map((one) => one.run),
  }
}
