import type { CatalogRepository } from '../../activities/catalog/repository.js'
import type { ObjectStore } from '../../activities/ports/object-store.js'
import type { PastCode } from './commit-code.js'
import { checkFigures } from './figures.js'
import { type Finding, fails } from './finding.js'
import { checkGit } from './git.js'
import { checkHistory, type History } from './history.js'
import { checkPage, readSubject } from './page.js'
import { checkReplay } from './replay.js'
import type { PageSource } from './source.js'
import { checkCases, checkLeak, checkStore } from './store.js'
import type { Subject } from './subject.js'

export interface AuditPorts {
  repository: CatalogRepository
  store: ObjectStore
  /** The code of a commit; whoever gives it closes it. */
  code(commit: string): Promise<PastCode>
  /** The run's history first, then those of its children, by workflow id; null for one that is gone. */
  histories(subject: Subject): Promise<Map<string, History | null>>
  decisionKey?: string
}

/** Everything that can be checked of a page from the outside. A check that cannot be made does not hold. */
export async function audit(ports: AuditPorts, source: PageSource): Promise<Finding[]> {
  const subject = await readSubject(source)
  if ('check' in subject) return [subject]
  const { entry } = subject
  const guard = (check: Finding['check'], work: () => Promise<Finding[]>): Promise<Finding[]> =>
    work().catch((error: Error) => [fails(check, `could not be checked: ${error.message.split('\n')[0]}`)])
  const code = await ports.code(entry.codeCommit.split('+')[0]!).catch((error: Error) => error)
  const then = (): PastCode => {
    if (code instanceof Error) throw new Error(`the code of ${entry.codeCommit} cannot be had: ${code.message}`)
    return code
  }
  const past = async (): Promise<Finding[]> => {
    const histories = await ports.histories(subject)
    const run = histories.get(entry.workflowId)
    if (!run) return [fails('history', `there is no history of ${entry.workflowId}`)]
    return [...checkHistory(run, subject, ports.decisionKey), ...(await guard('replay', async () => checkReplay(then(), histories)))]
  }
  const groups = await Promise.all([
    guard('page', async () => checkPage(source, subject, then())),
    guard('figures', async () => checkFigures(subject, then())),
    guard('store', () => checkStore(ports.store, subject)),
    guard('store', async () => checkLeak(ports.store, subject, then())),
    guard('cases', async () => checkCases(ports.store, subject, then())),
    guard('git', () => checkGit(ports.repository, source, subject)),
    guard('history', past),
  ])
  return groups.flat()
}
