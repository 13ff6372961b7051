import { pushCommit } from './push.js'
import { CatalogRepository, type CommitRequest } from './repository.js'

/** For the test that kills it: what the committing stage does with a repository and its remote, by a process of its own. */
export const KILLED: CommitRequest = {
  run: 'lora-v1-r1',
  branch: 'catalog/lora-v1-r1',
  subject: 'lora-v1: promoted',
  body: 'All gates passed',
  at: '2026-01-02T03:04:05.000Z',
  files: async (read) =>
    new Map([
      ['catalog/page.md', `# Page\n\n${'A line.\n'.repeat(1000)}`],
      ['catalog/page.json', '{}\n'],
      ['catalog/roadmap.md', `${(await read('catalog/roadmap.md')) ?? '# Roadmap\n'}| page |\n`],
    ]),
}

/** Commits and pushes once; answers the commit. */
export async function commitOnce(repository: string, worktrees: string): Promise<string> {
  const git = new CatalogRepository(repository, worktrees)
  const { commit, push } = await pushCommit(git, 'origin', KILLED, await git.commit(KILLED))
  if (!push.pushed) throw new Error(push.message)
  return commit
}

if (process.argv[1]?.endsWith('commit-once.ts')) await commitOnce(process.argv[2]!, process.argv[3]!)
