import type { CatalogRepository } from '../../activities/catalog/repository.js'
import { entryPathOf } from '../../activities/catalog/files.js'
import { ROADMAP, RUN_TRAILER } from '../../contracts/index.js'
import { type Finding, fails, holds } from './finding.js'
import type { PageSource } from './source.js'
import type { Subject } from './subject.js'

/** Every commit with the run's trailer, wherever a ref leads to it: its own branch may be at a remote only, or merged and gone. */
async function commitsOf(repository: CatalogRepository, run: string): Promise<string[]> {
  const format = '--format=%H %(trailers:key=Formwright-Run,valueonly,separator=%x20)'
  const log = await repository.git().raw(['log', '--all', '--fixed-strings', `--grep=${RUN_TRAILER}: ${run}`, format])
  return log.split('\n').flatMap((line) => {
    const [commit, ...runs] = line.split(' ')
    return runs.includes(run) ? [commit!] : []
  })
}

/** The run's one commit holds what the page's source holds, and the code commit exists. The roadmap goes on after it. */
export async function checkGit(repository: CatalogRepository, source: PageSource, { entry }: Subject): Promise<Finding[]> {
  const findings: Finding[] = []
  const git = repository.git()
  const [commit, ...others] = await commitsOf(repository, entry.run)
  if (!commit) findings.push(fails('git', `no commit has the trailer of run ${entry.run}; it should be on ${entry.branch}`))
  else if (others.length > 0) findings.push(fails('git', `${others.length + 1} commits have the trailer of run ${entry.run}`))
  else {
    const changed = (await git.raw(['diff-tree', '-r', '--no-commit-id', '--name-only', commit])).split('\n')
    const paths = new Set([source.page, entryPathOf(source.page), ...changed.filter((path) => path !== '' && path !== ROADMAP)])
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
  const [named, changes] = entry.codeCommit.split('+')
  const known = await repository.tip(named!)
  if (changes) findings.push(fails('git', `the run's code had changes beside ${named!.slice(0, 12)} that are nowhere`))
  findings.push(
    known
      ? holds('git', `the code commit ${known.slice(0, 12)} exists`)
      : fails('git', `the code commit ${named} is not in this repository`),
  )
  return findings
}
