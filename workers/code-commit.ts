import { simpleGit } from 'simple-git'

/** What a run's decisions, figures and pages are made by. */
const CODE = [
  'contracts',
  'extraction',
  'workflows',
  'activities',
  'workers',
  'telemetry',
  'training',
  'inference',
  'data',
  'package-lock.json',
]

/**
 * The commit of the code, with `+changes` where the working tree has others: no audit can have those, and the page says so.
 * `unknown` where it is no git repository. To be asked when the worker starts, since that is the code that runs.
 */
export async function codeCommitOf(root: string): Promise<string> {
  const git = simpleGit(root)
  try {
    const head = (await git.revparse(['HEAD'])).trim()
    const changed = (await git.raw(['status', '--porcelain', '--', ...CODE])).trim() !== ''
    return changed ? `${head}+changes` : head
  } catch {
    return 'unknown'
  }
}
