import { simpleGit } from 'simple-git'

/** The commit of the code that runs, with `+` where the working tree differs from it. */
export async function headCommit(): Promise<string> {
  const git = simpleGit()
  const changed = (await git.diff(['--name-only', 'HEAD', '--', 'workflows', 'activities', 'contracts', 'tests/drills'])).trim() !== ''
  return `${(await git.revparse(['--short=12', 'HEAD'])).trim()}${changed ? '+' : ''}`
}
