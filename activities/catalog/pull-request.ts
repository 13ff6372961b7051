import { z } from 'zod'

export interface GitHubOptions {
  token: string
  /** https://api.github.com, or a server that speaks it. */
  apiUrl: string
}

const Pull = z.object({ html_url: z.url() })
const TIMEOUT_MS = 20_000

/** `owner/name` of a GitHub remote; null for any other host. */
export function githubRepository(remote: string): string | null {
  const found = /^(?:https:\/\/(?:[^@/]+@)?github\.com\/|(?:ssh:\/\/)?git@github\.com[:/])([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(remote)
  return found?.[1] ?? null
}

/** The open pull request of the branch, made where there is none. */
export async function openPullRequest(
  { token, apiUrl }: GitHubOptions,
  request: { repository: string; branch: string; base: string; title: string; body: string },
): Promise<string> {
  const call = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${apiUrl}/repos/${request.repository}/pulls${path}`, {
      ...init,
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  const open = await find(call, request)
  if (open) return open
  const { branch: head, base, title, body } = request
  const made = await call('', { method: 'POST', body: JSON.stringify({ head, base, title, body }) })
  if (made.ok) return Pull.parse(await made.json()).html_url
  // 422: somebody else has just made it.
  const theirs = made.status === 422 ? await find(call, request) : null
  if (theirs) return theirs
  throw new Error(`GitHub did not make the pull request (${made.status}): ${(await made.text()).slice(0, 300)}`)
}

async function find(
  call: (path: string) => Promise<Response>,
  { repository, branch }: { repository: string; branch: string },
): Promise<string | null> {
  const head = encodeURIComponent(`${repository.split('/')[0]}:${branch}`)
  const answer = await call(`?state=open&head=${head}`)
  if (!answer.ok) throw new Error(`GitHub did not list pull requests (${answer.status}): ${(await answer.text()).slice(0, 300)}`)
  return z.array(Pull).parse(await answer.json())[0]?.html_url ?? null
}
