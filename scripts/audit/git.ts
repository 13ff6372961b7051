import type { CatalogRepository } from '../../activities/catalog/repository.js'
import { entryPathOf } from '../../activities/catalog/files.js'
import { type Finding, fails, holds } from './finding.js'
import type { PageSource } from './source.js'
import type { Subject } from './subject.js'

/** The run's one commit holds what the page's source holds, and the code commit exists. */
export async function checkGit(repository: CatalogRepository, source: PageSource, { entry, page, rendered }: Subject): Promise<Finding[]> {
  const findings: Finding[] = []
  const git = repository.git()
  const commit = await repository.find(`refs/heads/${entry.branch}`, entry.run)
  if (!commit) findings.push(fails('git', `${entry.branch} has no commit with the trailer of run ${entry.run}`))
  else {
    const paths = [entryPathOf(page), ...rendered.keys()]
    for (const path of paths) {
      const committed = await git.raw(['show', `${commit}:${path}`]).catch(() => null)
      const found = await source.read(path)
      findings.push(
        committed === found && found !== null
          ? holds('git', `${path} is what ${commit.slice(0, 12)} committed`)
          : fails('git', `${path} differs from what ${commit.slice(0, 12)} committed`),
      )
    }
  }
  const code = await repository.tip(entry.codeCommit)
  findings.push(
    code
      ? holds('git', `the code commit ${code.slice(0, 12)} exists`)
      : fails('git', `the code commit ${entry.codeCommit} is not in this repository`),
  )
  return findings
}
