import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { commitOnce, KILLED } from './commit-once.js'

/** Repositories that are killed at a time: most of it is waiting for processes to start. */
const AT_ONCE = 4
const program = fileURLToPath(new URL('./commit-once.ts', import.meta.url))
const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
let dir: string

// The effect of the command is there, and its caller is gone before it hears of it; the first is killed before anything happens.
const SHIM = `#!/bin/sh
n=$(($(cat "$CALLS") + 1)); echo $n > "$CALLS"
if [ "$n" = "$KILLED_AT" ]; then "$REAL" "$@" > /dev/null 2>&1; kill -9 $PPID; exit 1; fi
exec "$REAL" "$@"
`

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'killed-'))
  await mkdir(join(dir, 'bin'))
  await writeFile(join(dir, 'bin/git'), SHIM, { mode: 0o755 })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

interface Place {
  repository: string
  remote: string
  worktrees: string
  calls: string
  git(...args: string[]): string
}

async function place(name: string): Promise<Place> {
  const base = join(dir, name)
  const [repository, remote] = [join(base, 'repository'), join(base, 'remote')]
  const git = (...args: string[]): string => execFileSync(realGit, ['-C', repository, ...args], { encoding: 'utf8' }).trim()
  await mkdir(base)
  execFileSync(realGit, ['init', '-q', '--bare', remote])
  execFileSync(realGit, ['init', '-q', '-b', 'main', repository])
  git('-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', 'commit', '-q', '--allow-empty', '-m', 'First')
  git('remote', 'add', 'origin', remote)
  await writeFile(join(base, 'calls'), '0')
  return { repository, remote, worktrees: join(base, 'worktrees'), calls: join(base, 'calls'), git }
}

/** Runs the commit in a process that is killed with its n-th git command; answers how it ended. */
const run = ({ repository, worktrees, calls }: Place, killedAt: number): Promise<NodeJS.Signals | number | null> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
      REAL: realGit,
      CALLS: calls,
      KILLED_AT: String(killedAt),
    }
    const child = spawn(process.execPath, ['--import', 'tsx', program, repository, worktrees], { env, stdio: 'ignore' })
    child.on('exit', (code, signal) => resolve(signal ?? code))
  })

/** What is wrong after a kill and the next try. */
async function wrongAfter(killedAt: number): Promise<string[]> {
  const at = await place(`at-${killedAt}`)
  const ended = await run(at, killedAt)
  const wrong = ended === 'SIGKILL' ? [] : [`ended ${ended}`]
  const check = (holds: boolean, what: string): void => void (holds || wrong.push(`killed at ${killedAt}: ${what}`))
  const whole = await KILLED.files(async () => null)
  const ref = `refs/heads/${KILLED.branch}`
  const complete = (git: Place['git']): boolean => [...whole].every(([path, text]) => git('show', `${ref}:${path}`) === text.trim())
  const commits = (git: Place['git']): string => git('rev-list', '--count', ref, '--not', 'main')
  // Whatever stands on the branch when the worker is gone is a whole page.
  if (at.git('for-each-ref', ref) !== '') check(complete(at.git) && commits(at.git) === '1', 'half a page, or two')
  const commit = await commitOnce(at.repository, at.worktrees)
  const remote = (...args: string[]): string => execFileSync(realGit, ['-C', at.remote, ...args], { encoding: 'utf8' }).trim()
  check(commits(at.git) === '1' && complete(at.git), 'not one whole commit here')
  check(remote('rev-parse', ref) === commit && at.git('rev-parse', ref) === commit, 'another commit at the remote')
  check((await readdir(at.worktrees)).length === 0 && at.git('worktree', 'list').split('\n').length === 1, 'a worktree is left')
  return wrong
}

test('a worker that is killed at any of its git commands leaves one whole commit after the next try, here and at the remote', async () => {
  const counted = await place('counted')
  expect(await run(counted, 0)).toBe(0)
  const calls = Number(await readFile(counted.calls, 'utf8'))
  expect(calls).toBeGreaterThan(8)
  const points = Array.from({ length: calls }, (_, i) => i + 1)
  const wrong: string[] = []
  for (let from = 0; from < points.length; from += AT_ONCE) {
    wrong.push(...(await Promise.all(points.slice(from, from + AT_ONCE).map(wrongAfter))).flat())
  }
  expect(wrong).toEqual([])
}, 300_000)
