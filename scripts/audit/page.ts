import { entryPathOf } from '../../activities/catalog/files.js'
import type { PastCode } from './commit-code.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { PageSource } from './source.js'
import { type Subject, subjectOf } from './subject.js'

/** What a page claims, by the JSON beside it; a finding when there is none that can be read. */
export async function readSubject(source: PageSource): Promise<Subject | Finding> {
  const path = entryPathOf(source.page)
  const text = await source.read(path)
  if (text === null) return fails('page', `${path} is missing: the page has no numbers to be checked against`)
  try {
    return subjectOf(JSON.parse(text))
  } catch (error) {
    return fails('page', `${path} cannot be read: ${(error as Error).message}`)
  }
}

function firstLine(expected: string, found: string): string {
  const [a, b] = [expected.split('\n'), found.split('\n')]
  const at = a.findIndex((line, i) => line !== b[i])
  const line = at < 0 ? a.length : at
  return `line ${line + 1} is "${(b[line] ?? '').slice(0, 100)}", the JSON gives "${(a[line] ?? '').slice(0, 100)}"`
}

/**
 * Every file that is rendered from the entry is what the code of its commit makes of it, and the entry's own derived
 * numbers follow from its record. Today's templates have no say in it.
 */
export async function checkPage(source: PageSource, { entry, json }: Subject, code: PastCode): Promise<Finding[]> {
  const { page, files, derived } = await code.ask({ about: 'page', entry: json })
  const findings: Finding[] = []
  const by = entry.codeCommit.slice(0, 12)
  if (source.page !== page) findings.push(fails('page', `${entryPathOf(source.page)} holds what belongs on ${page}, of ${entry.adapter}`))
  for (const [path, expected] of files) {
    const found = await source.read(path)
    if (found === null) findings.push(fails('page', `${path} is missing`))
    else if (found !== expected) findings.push(fails('page', `${path}: ${firstLine(expected, found)} by the code of ${by}`))
    else findings.push(holds('page', `${path} is what its JSON gives by the code of ${by}`))
  }
  findings.push(compare('page', 'what is computed from the record follows from it', derived, json))
  return findings
}
