import { entryOf } from '../../activities/catalog/entry.js'
import { entryPathOf, renderEntry } from '../../activities/catalog/files.js'
import { CatalogEntry, RunRecord } from '../../contracts/index.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { PageSource } from './source.js'

/** The entry that a page names; a finding when there is none that can be read. */
export async function readEntry(source: PageSource): Promise<CatalogEntry | Finding> {
  const path = source.page.replace(/\.md$/, '.json')
  const text = await source.read(path)
  if (text === null) return fails('page', `${path} is missing: the page has no numbers to be checked against`)
  try {
    const parsed = CatalogEntry.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    return fails('page', `${path}: ${issue.path.join('.')}: ${issue.message}`)
  } catch (error) {
    return fails('page', `${path} is not JSON: ${(error as Error).message}`)
  }
}

function firstLine(expected: string, found: string): string {
  const [a, b] = [expected.split('\n'), found.split('\n')]
  const at = a.findIndex((line, i) => line !== b[i])
  const line = at < 0 ? a.length : at
  return `line ${line + 1} is "${(b[line] ?? '').slice(0, 100)}", the JSON gives "${(a[line] ?? '').slice(0, 100)}"`
}

/** Every file that is rendered from the entry is what rendering it again gives, and the entry's own derived numbers follow from its record. */
export async function checkPage(source: PageSource, entry: CatalogEntry): Promise<Finding[]> {
  const findings: Finding[] = []
  const own = source.page.replace(/\.md$/, '.json')
  if (own !== entryPathOf(entry.adapter)) findings.push(fails('page', `${own} holds the run of ${entry.adapter}`))
  for (const [path, expected] of await renderEntry(entry)) {
    const found = await source.read(path)
    if (found === null) findings.push(fails('page', `${path} is missing`))
    else if (found !== expected) findings.push(fails('page', `${path}: ${firstLine(expected, found)}`))
    else findings.push(holds('page', `${path} is what its JSON gives`))
  }
  findings.push(compare('page', 'break-even volumes and spending gates follow from the run', entryOf(RunRecord.parse(entry)), entry))
  return findings
}
