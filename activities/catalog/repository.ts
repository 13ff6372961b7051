import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type SimpleGit, simpleGit } from 'simple-git'
import { RUN_TRAILER } from '../../contracts/index.js'

/** The branch was moved by somebody else that often while the page was being committed. */
const MAX_MOVES = 8
/** Git without any output for so long hangs, such as at a remote that does not answer. */
const SILENCE_MS = 60_000
const NOWHERE = '0'.repeat(40)

/** Git cannot be used here; the message says what to do. Trying again changes nothing. */
export class RepositoryRefused extends Error {
  override readonly name = 'RepositoryRefused'
}

export interface CommitRequest {
  run: string
  branch: string
  subject: string
  body: string
  /** Of author and committer, so that the same page on the same parent is the same commit. */
  at: string
  /** Files to write, by path; `read` answers what the parent commit has. */
  files(read: (path: string) => Promise<string | null>): Promise<Map<string, string>>
}

/** Who commits and when; what the person's own environment says of git is left out by simple-git. */
function identity(at: string): Record<string, string> {
  const who = { NAME: 'Formwright', EMAIL: 'formwright@localhost', DATE: at }
  const parts = Object.entries(who).flatMap(([part, value]) => [
    [`GIT_AUTHOR_${part}`, value],
    [`GIT_COMMITTER_${part}`, value],
  ])
  return { ...Object.fromEntries(parts), GIT_TERMINAL_PROMPT: '0' }
}

/** Commits to a branch through worktrees of its own: the person's checkout, index and hooks are not involved. */
export class CatalogRepository {
  constructor(
    private readonly path: string,
    /** Folder for worktrees; left empty. */
    private readonly worktrees: string,
  ) {}

  git(at = new Date(0).toISOString(), baseDir = this.path): SimpleGit {
    const own = identity(at)
    const environment = Object.entries(process.env).filter(([name]) => !/^(GIT_.*|EDITOR|PAGER|SSH_ASKPASS)$/.test(name))
    return simpleGit({ baseDir, timeout: { block: SILENCE_MS }, allowEnvironment: Object.keys(own) }).env({
      ...(Object.fromEntries(environment) as Record<string, string>),
      ...own,
    })
  }

  /** The commit that carries the run's trailer on a ref; null when there is none. */
  async find(ref: string, run: string): Promise<string | null> {
    if (!(await this.tip(ref))) return null
    const log = await this.git().raw(['log', '--format=%H %(trailers:key=Formwright-Run,valueonly,separator=%x20)', '-n', '200', ref, '--'])
    const line = log.split('\n').find((one) => one.split(' ').slice(1).includes(run))
    return line?.split(' ')[0] ?? null
  }

  async tip(ref: string): Promise<string | null> {
    return this.git()
      .raw(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
      .then((out) => out.trim() || null)
      .catch(() => null)
  }

  /** The branch that a remote says is its own; `main` when it says nothing. */
  async defaultBranch(remote: string): Promise<string> {
    const prefix = `refs/remotes/${remote}/`
    return this.git()
      .raw(['symbolic-ref', '--quiet', `${prefix}HEAD`])
      .then((ref) => ref.trim().slice(prefix.length) || 'main')
      .catch(() => 'main')
  }

  /** The run's commit on its branch, made once. `onto` makes it anew on another parent. */
  async commit(request: CommitRequest, onto?: string): Promise<string> {
    const ref = `refs/heads/${request.branch}`
    for (let move = 0; move < MAX_MOVES; move++) {
      const there = await this.tip(ref)
      if (!onto && there) {
        const done = await this.find(ref, request.run)
        if (done) return done
      }
      const parent = onto ?? there ?? (await this.head())
      const commit = await this.write(request, parent)
      if (await this.move(ref, commit, there ?? NOWHERE)) return commit
    }
    throw new Error(`${request.branch} was moved ${MAX_MOVES} times while the page was being committed. Nothing was changed.`)
  }

  /** Compare and swap: false when the ref is not at `from` any more. */
  async move(ref: string, to: string, from: string): Promise<boolean> {
    return this.git()
      .raw(['update-ref', ref, to, from])
      .then(
        () => true,
        async (error: unknown) => {
          if ((await this.tip(ref)) !== (from === NOWHERE ? null : from)) return false
          throw error
        },
      )
  }

  private async head(): Promise<string> {
    const inside = await this.git()
      .raw(['rev-parse', '--git-dir'])
      .catch((error: Error) => error)
    if (inside instanceof Error)
      throw new RepositoryRefused(
        `${this.path} cannot be used as a git repository (${inside.message.trim()}). The page was not committed; clone with git, or run \`git init\` and commit once.`,
      )
    const head = await this.tip('HEAD')
    if (!head) throw new RepositoryRefused(`${this.path} has no commit yet. The page was not committed; commit once, then try again.`)
    return head
  }

  /** Writes the commit object; no ref points to it yet. */
  private async write(request: CommitRequest, parent: string): Promise<string> {
    const tree = await this.openWorktree(request.run, parent)
    try {
      const git = this.git(request.at, tree)
      await git.raw(['read-tree', parent])
      const read = (path: string): Promise<string | null> => git.raw(['show', `${parent}:${path}`]).catch(() => null)
      const files = await request.files(read)
      for (const [path, content] of files) {
        await mkdir(dirname(join(tree, path)), { recursive: true })
        await writeFile(join(tree, path), content)
      }
      await git.raw(['add', '--force', '--', ...files.keys()])
      const treeId = (await git.raw(['write-tree'])).trim()
      const message = `${request.subject}\n\n${request.body}\n\n${RUN_TRAILER}: ${request.run}\n`
      return (await git.raw(['commit-tree', treeId, '-p', parent, '-m', message])).trim()
    } finally {
      await this.closeWorktree(tree)
    }
  }

  private async openWorktree(run: string, parent: string): Promise<string> {
    await mkdir(this.worktrees, { recursive: true })
    for (const left of await readdir(this.worktrees)) if (left.startsWith(`${run}-`)) await this.closeWorktree(join(this.worktrees, left))
    const tree = await mkdtemp(join(this.worktrees, `${run}-`))
    await this.git().raw(['worktree', 'add', '--quiet', '--no-checkout', '--detach', tree, parent])
    return tree
  }

  /** Also of a worktree that a killed worker left. */
  private async closeWorktree(tree: string): Promise<void> {
    await rm(tree, { recursive: true, force: true })
    await this.git().raw(['worktree', 'prune'])
  }
}
