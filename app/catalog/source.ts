import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { simpleGit } from 'simple-git'

const PATH = /^([A-Za-z0-9_][\w.-]*\/)*[A-Za-z0-9_][\w.-]*\.(md|svg|json)$/
const RUN = /^[a-z0-9-]{1,200}$/
/** A page with all its numbers is far below this. */
const MAX_BYTES = 4 * 2 ** 20

/** Whether a path names a file of the catalog: no hidden files, no way out of the folder. */
export const isCatalogPath = (path: string): boolean => PATH.test(path) && !path.includes('..')

/** The pages of this checkout, and those that runs committed on branches of their own. */
export class CatalogSource {
  private readonly folder: string

  constructor(private readonly repository: string) {
    this.folder = join(repository, 'catalog')
  }

  /** Markdown pages of this checkout, by path below catalog/. */
  async pages(): Promise<string[]> {
    const names = await readdir(this.folder, { recursive: true }).catch(() => [])
    return names.filter((name) => name.endsWith('.md') && isCatalogPath(name)).sort()
  }

  /** A file of this checkout; undefined when there is none. */
  async read(path: string): Promise<string | undefined> {
    if (!isCatalogPath(path)) return undefined
    const bytes = await readFile(join(this.folder, path)).catch(() => undefined)
    return bytes && bytes.length <= MAX_BYTES ? bytes.toString('utf8') : undefined
  }

  /** Runs with a branch `catalog/<run>`, newest first. */
  async runs(): Promise<{ run: string; at: string; pages: string[] }[]> {
    const format = '%(refname:lstrip=3)%09%(committerdate:iso-strict)'
    const text = await this.git(['for-each-ref', '--sort=-committerdate', '--count=50', `--format=${format}`, 'refs/heads/catalog/'])
    const lines = (text ?? '').split('\n').filter((line) => line !== '')
    return Promise.all(
      lines.map(async (line) => {
        const [run = '', at = ''] = line.split('\t')
        const changed = await this.git(['diff-tree', '--no-commit-id', '--name-only', '-r', `refs/heads/catalog/${run}`, '--', 'catalog/'])
        const pages = (changed ?? '').split('\n').filter((name) => name.endsWith('.md'))
        return { run, at, pages: pages.map((name) => name.replace(/^catalog\//, '')) }
      }),
    )
  }

  /** A file as a run committed it; undefined when there is none. */
  async readOf(run: string, path: string): Promise<string | undefined> {
    if (!isCatalogPath(path) || !RUN.test(run)) return undefined
    return this.git(['show', `refs/heads/catalog/${run}:catalog/${path}`])
  }

  private async git(args: string[]): Promise<string | undefined> {
    return simpleGit(this.repository)
      .raw(args)
      .catch(() => undefined)
  }
}
