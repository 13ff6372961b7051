import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { simpleGit } from 'simple-git'
import { titleOf } from './markdown.js'

const PATH = /^([A-Za-z0-9_][\w.-]*\/)*[A-Za-z0-9_][\w.-]*\.(md|svg|json)$/
const RUN = /^[a-z0-9-]{1,200}$/
/** A page with all its numbers is far below this. */
const MAX_BYTES = 4 * 2 ** 20

/** Where evaluations are, below catalog/. */
const EXPERIMENTS = 'experiments/pdf-field-extraction/'
/** Runs whose records are read for figures, newest first. */
const RECENT_RUNS = 12

/** A page's JSON, and the address where the app shows the page. */
export interface CatalogRecord {
  href: string
  text: string
}

/** A page by its first heading, where it has one. */
export interface TitledPage {
  path: string
  title: string | undefined
}

/** Whether a path names a file of the catalog: no hidden files, no way out of the folder. */
export const isCatalogPath = (path: string): boolean => PATH.test(path) && !path.includes('..')

/** The pages of this checkout, and those that runs committed on branches of their own. */
export class CatalogSource {
  private readonly folder: string

  constructor(private readonly repository: string) {
    this.folder = join(repository, 'catalog')
  }

  /** Markdown pages of this checkout, by path below catalog/. */
  async pages(): Promise<TitledPage[]> {
    const names = await readdir(this.folder, { recursive: true }).catch(() => [])
    const paths = names.filter((name) => name.endsWith('.md') && isCatalogPath(name)).sort()
    return Promise.all(paths.map(async (path) => ({ path, title: titleOf((await this.read(path)) ?? '') })))
  }

  /** The markdown pages that a run committed. */
  async pagesOf({ run, files }: { run: string; files: string[] }): Promise<TitledPage[]> {
    const paths = files.filter((path) => path.endsWith('.md'))
    return Promise.all(paths.map(async (path) => ({ path, title: titleOf((await this.readOf(run, path)) ?? '') })))
  }

  /** A file of this checkout; undefined when there is none. */
  async read(path: string): Promise<string | undefined> {
    if (!isCatalogPath(path)) return undefined
    const bytes = await readFile(join(this.folder, path)).catch(() => undefined)
    return bytes && bytes.length <= MAX_BYTES ? bytes.toString('utf8') : undefined
  }

  /** Runs with a branch `catalog/<run>`, newest first. */
  async runs(): Promise<{ run: string; at: string; files: string[] }[]> {
    const format = '%(refname:lstrip=3)%09%(committerdate:iso-strict)'
    const text = await this.git(['for-each-ref', '--sort=-committerdate', '--count=50', `--format=${format}`, 'refs/heads/catalog/'])
    const lines = (text ?? '').split('\n').filter((line) => line !== '')
    return Promise.all(
      lines.map(async (line) => {
        const [run = '', at = ''] = line.split('\t')
        const changed = await this.git(['diff-tree', '--no-commit-id', '--name-only', '-r', `refs/heads/catalog/${run}`, '--', 'catalog/'])
        const files = (changed ?? '').split('\n').map((name) => name.replace(/^catalog\//, ''))
        return { run, at, files: files.filter(isCatalogPath) }
      }),
    )
  }

  /** A file as a run committed it; undefined when there is none. */
  async readOf(run: string, path: string): Promise<string | undefined> {
    if (!isCatalogPath(path) || !RUN.test(run)) return undefined
    return this.git(['show', `refs/heads/catalog/${run}:catalog/${path}`])
  }

  /** JSON beside the pages of evaluations: of this checkout, and of the latest runs. */
  async records(): Promise<CatalogRecord[]> {
    const shown = (path: string) => path.replace(/\.json$/, '.md')
    const names = await readdir(join(this.folder, EXPERIMENTS)).catch(() => [])
    const here = names.map((name) => ({
      href: `/catalog/pages/${EXPERIMENTS}${shown(name)}`,
      path: EXPERIMENTS + name,
      read: (path: string) => this.read(path),
    }))
    const ofRuns = (await this.runs())
      .slice(0, RECENT_RUNS)
      .flatMap(({ run, files }) =>
        files
          .filter((path) => path.startsWith(EXPERIMENTS))
          .map((path) => ({ href: `/catalog/runs/${run}/${shown(path)}`, path, read: (file: string) => this.readOf(run, file) })),
      )
    const records = [...here, ...ofRuns].filter(({ path }) => path.endsWith('.json'))
    const texts = await Promise.all(records.map(({ path, read }) => read(path)))
    return records.flatMap(({ href }, i) => (texts[i] === undefined ? [] : [{ href, text: texts[i] }]))
  }

  private async git(args: string[]): Promise<string | undefined> {
    return simpleGit(this.repository)
      .raw(args)
      .catch(() => undefined)
  }
}
