import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { type CatalogCommit, type CatalogEntry, RunRecord } from '../../contracts/index.js'
import type { CatalogActivities } from '../types.js'
import { branchOf, entryOf } from './entry.js'
import { catalogFiles, pageOf } from './files.js'
import { finding } from './finding.js'
import { type GitHubOptions, githubRepository, openPullRequest } from './pull-request.js'
import { pushCommit, remoteUrl } from './push.js'
import { type CatalogRepository, type CommitRequest, RepositoryRefused } from './repository.js'

export interface CatalogPorts {
  repository: CatalogRepository
  /** Name of the remote that gets the branches; `none`, or one that the repository does not have: they stay here. */
  remote: string
  github?: GitHubOptions
}

function requestOf(entry: CatalogEntry): CommitRequest {
  return {
    run: entry.run,
    branch: entry.branch,
    subject: `${entry.adapter}: ${entry.ending}`,
    body: `${finding(entry)}\n\n${entry.reason.replace(/\s+/g, ' ')}`,
    at: entry.endedAt,
    files: (read) => catalogFiles(entry, read),
  }
}

/**
 * Commits a run's page on its branch, once, and pushes it where there is a remote. A page is committed even when
 * the remote is away: the answer says so.
 */
export async function commitCatalog(ports: CatalogPorts, record: RunRecord, step: (done: string) => void): Promise<CatalogCommit> {
  const entry = entryOf(RunRecord.parse(record))
  const request = requestOf(entry)
  const made = await ports.repository.commit(request)
  step(`committed ${made}`)
  const outcome = { branch: branchOf(entry.run), page: pageOf(entry.adapter) }
  const url = ports.remote === 'none' ? null : await remoteUrl(ports.repository, ports.remote)
  if (!url) return { ...outcome, commit: made }
  const { commit, push } = await pushCommit(ports.repository, ports.remote, request, made)
  step(push.message)
  const repository = push.pushed ? githubRepository(url) : null
  if (!ports.github || !repository) return { ...outcome, commit, push }
  return { ...outcome, commit, ...(await propose(ports.github, ports.repository, ports.remote, repository, request, push)) }
}

/** A pull request that could not be made leaves the branch where it is; the answer says why. */
async function propose(
  github: GitHubOptions,
  git: CatalogRepository,
  remote: string,
  repository: string,
  request: CommitRequest,
  push: NonNullable<CatalogCommit['push']>,
): Promise<Pick<CatalogCommit, 'push' | 'pullRequest'>> {
  const base = await git.defaultBranch(remote)
  try {
    const { branch, subject: title, body } = request
    return { push, pullRequest: await openPullRequest(github, { repository, branch, base, title, body }) }
  } catch (error) {
    return { push: { ...push, message: `${push.message}; ${(error as Error).message}` } }
  }
}

/** The committing stage. */
export function createCatalogActivities(ports: CatalogPorts): CatalogActivities {
  return {
    async commitCatalog(record) {
      const context = Context.current()
      const pulse = setInterval(() => context.heartbeat('committing'), 5_000)
      try {
        return await commitCatalog(ports, record, (done) => context.heartbeat(done))
      } catch (error) {
        throw error instanceof RepositoryRefused ? ApplicationFailure.nonRetryable(error.message, error.name) : error
      } finally {
        clearInterval(pulse)
      }
    },
  }
}
