import { CATALOG_DIR, type CatalogEntry, ROADMAP } from '../../contracts/index.js'
import { renderCharts } from './charts.js'
import { inspectLog } from './inspect-log.js'
import { modelCard } from './model-card.js'
import { renderPage } from './page.js'
import { withRow } from './roadmap.js'

export const pageOf = (adapter: string): string => `${CATALOG_DIR}/${adapter}.md`
export const entryPathOf = (adapter: string): string => `${CATALOG_DIR}/${adapter}.json`

/** The entry as it is stored: what a page is rendered from. */
export const entryJson = (entry: CatalogEntry): string => `${JSON.stringify(entry, null, 1)}\n`

/** Everything that follows from an entry alone, by path: the page, its charts and its exports. */
export async function renderEntry(entry: CatalogEntry): Promise<Map<string, string>> {
  const charts = await renderCharts(entry)
  const files = new Map([[pageOf(entry.adapter), renderPage(entry, new Set(charts.keys()))]])
  for (const [name, svg] of charts) files.set(`${CATALOG_DIR}/${entry.adapter}-${name}.svg`, svg)
  const exports = { 'model-card.md': modelCard(entry), 'inspect.json': inspectLog(entry) }
  for (const [name, content] of Object.entries(exports)) if (content) files.set(`${CATALOG_DIR}/${entry.adapter}.${name}`, content)
  return files
}

/** All files of a run's commit; `read` answers what stands there before. */
export async function catalogFiles(entry: CatalogEntry, read: (path: string) => Promise<string | null>): Promise<Map<string, string>> {
  const files = await renderEntry(entry)
  files.set(entryPathOf(entry.adapter), entryJson(entry))
  files.set(ROADMAP, withRow(await read(ROADMAP), entry))
  return files
}
