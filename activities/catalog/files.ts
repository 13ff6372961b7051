import { CATALOG_DIR, type CatalogEntry, ROADMAP, type SweepEntry } from '../../contracts/index.js'
import { renderCharts, renderSweepCharts, SWEEP_CHARTS } from './charts.js'
import { inspectLog, inspectLogPath } from './inspect-log.js'
import { modelCard } from './model-card.js'
import { renderPage } from './page.js'
import { type RoadmapRow, rowOfRun, rowOfSweep, withRow } from './roadmap.js'
import { sweepPageOf } from './sweep-entry.js'
import { renderSweepPage } from './sweep-page.js'

export const pageOf = (adapter: string): string => `${CATALOG_DIR}/${adapter}.md`
/** Path of the JSON beside a page. */
export const entryPathOf = (page: string): string => page.replace(/\.md$/, '.json')

/** The entry as it is stored: what a page is rendered from. */
export const entryJson = (entry: CatalogEntry | SweepEntry): string => `${JSON.stringify(entry, null, 1)}\n`

/** Everything that follows from an entry alone, by path: the page, its charts and its exports. */
export async function renderEntry(entry: CatalogEntry): Promise<Map<string, string>> {
  const charts = await renderCharts(entry)
  const files = new Map([[pageOf(entry.adapter), renderPage(entry, new Set(charts.keys()))]])
  for (const [name, svg] of charts) files.set(`${CATALOG_DIR}/${entry.adapter}-${name}.svg`, svg)
  const exports = { [`${CATALOG_DIR}/${entry.adapter}.model-card.md`]: modelCard(entry), [inspectLogPath(entry)]: inspectLog(entry) }
  for (const [path, content] of Object.entries(exports)) if (content) files.set(path, content)
  return files
}

/** The same of a sweep: its comparison page and charts. */
export async function renderSweep(entry: SweepEntry): Promise<Map<string, string>> {
  const charts = await renderSweepCharts(entry)
  const page = sweepPageOf(entry.adapter)
  const files = new Map([[page, renderSweepPage(entry, charts, SWEEP_CHARTS)]])
  for (const [name, svg] of charts) files.set(page.replace(/\.md$/, `-${name}.svg`), svg)
  return files
}

type Read = (path: string) => Promise<string | null>

/** All files of a commit; `read` answers what stands there before. */
async function withEntry(files: Map<string, string>, page: string, entry: CatalogEntry | SweepEntry, row: RoadmapRow, read: Read) {
  files.set(entryPathOf(page), entryJson(entry))
  files.set(ROADMAP, withRow(await read(ROADMAP), row))
  return files
}

export const catalogFiles = async (entry: CatalogEntry, read: Read): Promise<Map<string, string>> =>
  withEntry(await renderEntry(entry), pageOf(entry.adapter), entry, rowOfRun(entry), read)

export const sweepFiles = async (entry: SweepEntry, read: Read): Promise<Map<string, string>> =>
  withEntry(await renderSweep(entry), sweepPageOf(entry.adapter), entry, rowOfSweep(entry), read)
