import type { CatalogEntry, SweepEntry } from '../../contracts/index.js'
import { finding } from './finding.js'
import { plain } from './markdown.js'
import { statusOf } from './page.js'
import { sweepFinding, sweepStatusOf } from './sweep-page.js'

const EMPTY = `# Roadmap of experiments

One row per adapter; its latest run replaces it.

| Experiment | Status | Ending | Finding |
| --- | --- | --- | --- |
`

export interface RoadmapRow {
  /** Name of the page, without its ending. */
  page: string
  status: string
  ending: string
  finding: string
}

export const rowOfRun = (entry: CatalogEntry): RoadmapRow => ({
  page: entry.adapter,
  status: statusOf(entry),
  ending: entry.ending,
  finding: `${finding(entry)} ${plain(entry.reason)}`,
})
export const rowOfSweep = (entry: SweepEntry): RoadmapRow => ({
  page: `${entry.adapter}-sweep`,
  status: sweepStatusOf(entry),
  ending: entry.ending,
  finding: `${sweepFinding(entry)} ${plain(entry.reason)}`,
})

const linkOf = (page: string): string => `[${page}](pdf-field-extraction/${page}.md)`

/** The roadmap with this row: replaced where the page has one, else added below the last row of the table. */
export function withRow(roadmap: string | null, row: RoadmapRow): string {
  const line = `| ${linkOf(row.page)} | ${row.status} | ${row.ending} | ${row.finding} |`
  const lines = (roadmap ?? EMPTY).trimEnd().split('\n')
  const own = lines.findIndex((other) => other.startsWith(`| ${linkOf(row.page)} |`))
  if (own >= 0) lines[own] = line
  else {
    const head = lines.findIndex((other) => /^\|[\s:|-]+\|$/.test(other))
    if (head < 0) return `${withRow(`${lines.join('\n')}\n\n${EMPTY.split('\n\n').at(-1)}`, row)}`
    let end = head + 1
    while (lines[end]?.startsWith('|')) end++
    lines.splice(end, 0, line)
  }
  return `${lines.join('\n')}\n`
}
