import type { CatalogEntry } from '../../contracts/index.js'
import { finding } from './finding.js'
import { plain } from './markdown.js'
import { statusOf } from './page.js'

const EMPTY = `# Roadmap of experiments

One row per adapter; its latest run replaces it.

| Experiment | Status | Ending | Finding |
| --- | --- | --- | --- |
`

const linkOf = (adapter: string): string => `[${adapter}](pdf-field-extraction/${adapter}.md)`

/** The roadmap with this run's row: replaced where the adapter has one, else added below the last row of the table. */
export function withRow(roadmap: string | null, entry: CatalogEntry): string {
  const row = `| ${linkOf(entry.adapter)} | ${statusOf(entry)} | ${entry.ending} | ${finding(entry)} ${plain(entry.reason)} |`
  const lines = (roadmap ?? EMPTY).trimEnd().split('\n')
  const own = lines.findIndex((line) => line.startsWith(`| ${linkOf(entry.adapter)} |`))
  if (own >= 0) lines[own] = row
  else {
    const head = lines.findIndex((line) => /^\|[\s:|-]+\|$/.test(line))
    if (head < 0) return `${withRow(`${lines.join('\n')}\n\n${EMPTY.split('\n\n').at(-1)}`, entry)}`
    let end = head + 1
    while (lines[end]?.startsWith('|')) end++
    lines.splice(end, 0, row)
  }
  return `${lines.join('\n')}\n`
}
