import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { MockActivityEnvironment } from '@temporalio/testing'
import { sampleRecord } from '../activities/catalog/sample-record.js'
import { readSettings } from '../contracts/index.js'
import { catalogActivities } from './wire-evaluation.js'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fw-wire-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('pages are written where the settings say, and nothing is written into the checkout of the code', async () => {
  const [checkout, repository, worktrees] = ['checkout', 'repository', 'worktrees'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ]
  execFileSync('git', ['init', '-q', repository])
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
  execFileSync('git', ['-C', repository, ...who, 'commit', '-q', '--allow-empty', '-m', 'First'])
  const settings = readSettings({ FORMWRIGHT_REPOSITORY: repository, FORMWRIGHT_WORKTREES: worktrees })
  const { commitCatalog } = catalogActivities(checkout, settings)
  const commit = await new MockActivityEnvironment().run(commitCatalog, sampleRecord('promoted'))
  const branch = execFileSync('git', ['-C', repository, 'rev-parse', (commit as { branch: string }).branch], { encoding: 'utf8' })
  expect(branch.trim()).toBe((commit as { commit: string }).commit)
  expect(await readdir(worktrees)).toEqual([])
  expect(existsSync(checkout)).toBe(false)
})
