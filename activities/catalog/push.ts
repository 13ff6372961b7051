import { setTimeout as wait } from 'node:timers/promises'
import type { CatalogCommit } from '../../contracts/index.js'
import type { CatalogRepository, CommitRequest } from './repository.js'

/** Pushes of one page; a remote that stays away is reported, not waited for. */
const MAX_PUSHES = 4
const PAUSE_MS = 500

export interface Pushed {
  commit: string
  push: NonNullable<CatalogCommit['push']>
}

/**
 * Pushes the run's commit. When the remote's branch has moved, the page is committed anew on top of it,
 * or the remote's own commit of this run is taken.
 */
export async function pushCommit(repository: CatalogRepository, remote: string, request: CommitRequest, made: string): Promise<Pushed> {
  const ref = `refs/heads/${request.branch}`
  let commit = made
  let message = ''
  for (let attempt = 1; attempt <= MAX_PUSHES; attempt++) {
    try {
      await repository.git().raw(['push', '--quiet', '--no-verify', remote, `${commit}:${ref}`])
      return { commit, push: { remote, pushed: true, message: `pushed to ${remote}` } }
    } catch (error) {
      message = (error as Error).message.trim()
    }
    if (/rejected|non-fast-forward|fetch first/i.test(message)) {
      const theirs = await fetchBranch(repository, remote, request.branch)
      if (theirs) {
        const known = await repository.find(theirs, request.run)
        if (known && (await repository.move(ref, theirs, commit)))
          return { commit: known, push: { remote, pushed: true, message: `${remote} had this run's page already` } }
        commit = await repository.commit(request, theirs)
        continue
      }
    }
    await wait(PAUSE_MS * attempt)
  }
  return { commit, push: { remote, pushed: false, message: `not pushed: ${message.split('\n').at(-1)}` } }
}

/** The remote's tip of the branch, fetched; null when it has none. */
async function fetchBranch(repository: CatalogRepository, remote: string, branch: string): Promise<string | null> {
  const tracking = `refs/remotes/${remote}/${branch}`
  await repository
    .git()
    .raw(['fetch', '--quiet', '--no-tags', remote, `+refs/heads/${branch}:${tracking}`])
    .catch(() => undefined)
  return repository.tip(tracking)
}

/** URL of a remote; null when the repository has none of that name. */
export async function remoteUrl(repository: CatalogRepository, remote: string): Promise<string | null> {
  return repository
    .git()
    .raw(['remote', 'get-url', remote])
    .then((url) => url.trim() || null)
    .catch(() => null)
}
