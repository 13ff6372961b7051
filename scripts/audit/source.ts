import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { SimpleGit } from 'simple-git'
import { Refused } from '../platform-env.js'

/** Where a page and what lies beside it is read from: the working tree, or a revision. */
export interface PageSource {
  /** As a person would name it. */
  name: string
  page: string
  /** Null when there is no such file. Paths are relative to the repository. */
  read(path: string): Promise<string | null>
}

const fromGit = (git: SimpleGit, rev: string, page: string): PageSource => ({
  name: `${rev}:${page}`,
  page,
  read: (path) => git.raw(['show', `${rev}:${path}`]).catch(() => null),
})

/**
 * Finds a page: a file, `REVISION:PATH`, or a path that is on one of the catalog branches only; the newest has it then.
 * @throws Refused when there is no such page
 */
export async function findPage(root: string, git: SimpleGit, given: string): Promise<PageSource> {
  const path = relative(root, resolve(given))
  const onDisk = (file: string): Promise<string | null> => readFile(join(root, file), 'utf8').catch(() => null)
  if ((await onDisk(path)) !== null) return { name: path, page: path, read: onDisk }
  const [, rev, inside] = /^([^:]+):(.+)$/.exec(given) ?? []
  const named = rev && inside ? fromGit(git, rev, inside) : null
  if (named && (await named.read(named.page)) !== null) return named
  const branches = await git.raw([
    'for-each-ref',
    '--sort=-committerdate',
    '--format=%(refname:short)',
    'refs/heads/catalog/',
    'refs/remotes/*/catalog/',
  ])
  for (const branch of branches.split('\n').filter((line) => line !== '')) {
    const source = fromGit(git, branch, path)
    if ((await source.read(path)) !== null) return source
  }
  throw new Refused(
    `There is no page ${given}: not as a file, not as REVISION:PATH, and on no catalog branch. Pages are listed by \`git branch --list 'catalog/*'\`.`,
    2,
  )
}
