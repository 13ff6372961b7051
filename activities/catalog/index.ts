import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { type CatalogCommit, type CatalogEntry, RunRecord, type SweepEntry, SweepRecord } from '../../contracts/index.js'
import type { CatalogActivities } from '../types.js'
import { entryOf } from './entry.js'
import { catalogFiles, pageOf, sweepFiles } from './files.js'
import { finding } from './finding.js'
import { type GitHubOptions, githubRepository, openPullRequest } from './pull-request.js'
import { pushCommit, remoteUrl } from './push.js'
import { type CatalogRepository, type CommitRequest, RepositoryRefused } from './repository.js'
import { sweepEntryOf, sweepPageOf } from './sweep-entry.js'
import { sweepFinding } from './sweep-page.js'

export interface CatalogPorts {
  repository: CatalogRepository
  /** Name of the remote that gets the branches; `none`, or one that the repository does not have: they stay here. */
  remote: string
  github?: GitHubOptions
}

/** A page with everything beside it, ready to be committed. */
interface Page {
  page: string
  request: CommitRequest
}

const messageOf = (entry: CatalogEntry | SweepEntry, found: string): Omit<CommitRequest, 'files'> => ({
  run: entry.run,
  branch: entry.branch,
  subject: `${entry.adapter}${'configurations' in entry ? ' sweep' : ''}: ${entry.ending}`,
  body: `${found}\n\n${entry.reason.replace(/\s+/g, ' ')}`,
  at: entry.endedAt,
})

function pageOfRun(entry: CatalogEntry): Page {
  const files: CommitRequest['files'] = (read) => catalogFiles(entry, read)
  return { page: pageOf(entry.adapter), request: { ...messageOf(entry, finding(entry)), files } }
}

function pageOfSweep(entry: SweepEntry): Page {
  const files: CommitRequest['files'] = (read) => sweepFiles(entry, read)
  return { page: sweepPageOf(entry.adapter), request: { ...messageOf(entry, sweepFinding(entry)), files } }
}

/** Commits a run's page, once. @throws ZodError for a record that is none; git is not touched then */
export const commitCatalog = async (ports: CatalogPorts, record: RunRecord, step: (done: string) => void): Promise<CatalogCommit> =>
  commitPage(ports, pageOfRun(entryOf(RunRecord.parse(record))), step)

/** Commits a sweep's comparison page, once. */
export const commitSweep = async (ports: CatalogPorts, record: SweepRecord, step: (done: string) => void): Promise<CatalogCommit> =>
  commitPage(ports, pageOfSweep(sweepEntryOf(SweepRecord.parse(record))), step)

/**
 * Commits a page on its branch, once, and pushes it where there is a remote. A page is committed even when
 * the remote is away: the answer says so.
 */
async function commitPage(ports: CatalogPorts, { page, request }: Page, step: (done: string) => void): Promise<CatalogCommit> {
  const made = await ports.repository.commit(request)
  step(`committed ${made}`)
  const outcome = { branch: request.branch, page }
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
  const beating = async (commit: (step: (done: string) => void) => Promise<CatalogCommit>): Promise<CatalogCommit> => {
    const context = Context.current()
    const pulse = setInterval(() => context.heartbeat('committing'), 5_000)
    try {
      return await commit((done) => context.heartbeat(done))
    } catch (error) {
      throw error instanceof RepositoryRefused ? ApplicationFailure.nonRetryable(error.message, error.name) : error
    } finally {
      clearInterval(pulse)
    }
  }
  return {
    commitCatalog: (record) => beating((step) => commitCatalog(ports, record, step)),
    commitSweep: (record) => beating((step) => commitSweep(ports, record, step)),
  }
}
