import { type ChildProcess, fork } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import type { CatalogRepository } from '../../activities/catalog/repository.js'
import type { Answers, Question } from './witness.js'

const WITNESS = 'scripts/audit/witness.ts'
/** What rendering, scoring, measuring the leak and the workflows are made of. */
const PARTS = [
  ...['workflows', 'contracts', 'activities', 'extraction', 'telemetry', 'package.json', WITNESS],
  ...['leak', 'overlap'].map((name) => `data/fine-tuning/extraction/${name}.ts`),
]

/** The code of a commit, as far as an audit needs it. */
export interface PastCode {
  /** A file of that commit; null when it has none there. */
  read(path: string): Promise<string | null>
  /** Paths of the files in one of its folders. */
  list(folder: string): Promise<string[]>
  /** Its workflows, bundled with the libraries that are given. */
  workflows(): Promise<string>
  /** Asks its own code. @throws Error with what that code says */
  ask<Q extends Question>(question: Q): Promise<Answers[Q['about']]>
}

/** A commit, checked out in a folder of its own; what it says runs in a process without our environment. */
export class CommitCode implements PastCode {
  private bundle: Promise<string> | undefined
  private child: ChildProcess | undefined
  private asked = 0
  private readonly open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()

  private constructor(
    private readonly tree: string,
    readonly read: PastCode['read'],
    readonly list: PastCode['list'],
  ) {}

  /** @param modules node_modules to run it with: those of its own lock file, for the same bytes */
  static async checkOut(repository: CatalogRepository, commit: string, modules: string): Promise<CommitCode> {
    const git = repository.git()
    const tree = await mkdtemp(join(tmpdir(), 'formwright-audit-'))
    try {
      const there = new Set((await git.raw(['ls-tree', '--name-only', '--full-tree', commit, '--', ...PARTS])).split('\n'))
      await git.raw(['worktree', 'add', '--quiet', '--no-checkout', '--detach', tree, commit])
      await repository.git(undefined, tree).raw(['checkout', commit, '--', ...PARTS.filter((part) => there.has(part))])
      await symlink(modules, join(tree, 'node_modules'))
      if (!there.has(WITNESS)) {
        await mkdir(dirname(join(tree, WITNESS)), { recursive: true })
        await cp(fileURLToPath(new URL('witness.ts', import.meta.url)), join(tree, WITNESS))
      }
      return new CommitCode(
        tree,
        (path) => git.raw(['show', `${commit}:${path}`]).catch(() => null),
        async (folder) => (await git.raw(['ls-tree', '--name-only', commit, `${folder}/`])).split('\n').filter((path) => path !== ''),
      )
    } catch (error) {
      await rm(tree, { recursive: true, force: true })
      throw error
    } finally {
      // The folder's own .git file is enough for what follows; nothing of it is left in the repository.
      await rm(join(tree, '.git'), { force: true })
      await git.raw(['worktree', 'prune'])
    }
  }

  workflows(): Promise<string> {
    this.bundle ??= bundleWorkflowCode({
      workflowsPath: join(this.tree, 'workflows/index.ts'),
      logger: new DefaultLogger('ERROR'),
    }).then(({ code }) => code)
    return this.bundle
  }

  ask<Q extends Question>(question: Q): Promise<Answers[Q['about']]> {
    this.child ??= this.start()
    const id = this.asked++
    return new Promise<unknown>((resolve, reject) => {
      this.open.set(id, { resolve, reject })
      this.child!.send({ id, question })
    }) as Promise<Answers[Q['about']]>
  }

  private start(): ChildProcess {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME }
    const child = fork(join(this.tree, WITNESS), {
      cwd: this.tree,
      env,
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr!.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000)
    })
    child.on('message', ({ id, given, error }: { id: number; given?: unknown; error?: string }) => {
      const waiting = this.open.get(id)
      this.open.delete(id)
      if (error === undefined) waiting?.resolve(given)
      else waiting?.reject(new Error(error))
    })
    child.on('exit', () => {
      const why = said.split('\n').find((line) => /Error/.test(line)) ?? said.trim().split('\n').at(-1)
      for (const { reject } of this.open.values()) reject(new Error(`the code of the commit does not run here: ${why}`))
      this.open.clear()
      this.child = undefined
    })
    return child
  }

  async close(): Promise<void> {
    this.child?.kill()
    await rm(this.tree, { recursive: true, force: true })
  }
}
