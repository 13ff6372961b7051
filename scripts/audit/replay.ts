import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker'
import type { CatalogRepository } from '../../activities/catalog/repository.js'
import { type Finding, fails, holds } from './finding.js'
import type { History } from './history.js'

/** The workflow code of a commit, bundled with the libraries that are installed here. */
export async function workflowCode(repository: CatalogRepository, commit: string, modules: string): Promise<string> {
  const git = repository.git()
  const tree = await mkdtemp(join(tmpdir(), 'formwright-audit-'))
  try {
    await git.raw(['worktree', 'add', '--quiet', '--no-checkout', '--detach', tree, commit])
    await repository.git(undefined, tree).raw(['checkout', commit, '--', 'workflows', 'contracts', 'package.json'])
    await symlink(modules, join(tree, 'node_modules'))
    return (await bundleWorkflowCode({ workflowsPath: join(tree, 'workflows/index.ts'), logger: new DefaultLogger('ERROR') })).code
  } finally {
    await rm(tree, { recursive: true, force: true })
    await git.raw(['worktree', 'prune'])
  }
}

/** Each history, replayed against the workflow code of the commit that the run names, takes the same decisions again. */
export async function checkReplay(
  code: (commit: string) => Promise<string>,
  commit: string,
  histories: Map<string, History>,
): Promise<Finding[]> {
  const built = await code(commit).catch((error: Error) => error)
  if (built instanceof Error) return [fails('replay', `the workflow code of ${commit} cannot be built: ${built.message.split('\n')[0]}`)]
  return replay(built, histories)
}

/** Replays histories, by workflow id, against a bundle. */
async function replay(code: string, histories: Map<string, History>): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [workflowId, history] of histories) {
    findings.push(
      await Worker.runReplayHistory({ workflowBundle: { code }, replayName: workflowId }, history, workflowId).then(
        () => holds('replay', `${workflowId}: ${history.events?.length ?? 0} events replay`),
        (error: Error) => fails('replay', `${workflowId}: ${error.message.split('\n')[0]}`),
      ),
    )
  }
  return findings
}
