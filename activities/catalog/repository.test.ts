import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { pushCommit } from './push.js'
import { CatalogRepository, type CommitRequest, RepositoryRefused } from './repository.js'

let dir: string
let repository: CatalogRepository
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', join(dir, 'repository'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
const request = (more: Partial<CommitRequest> = {}): CommitRequest => ({
  run: 'lora-v1-r1',
  branch: 'catalog/lora-v1-r1',
  subject: 'lora-v1: promoted',
  body: 'All gates passed',
  at: '2026-01-02T03:04:05.000Z',
  files: async () => new Map([['catalog/page.md', '# Page\n']]),
  ...more,
})

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catalog-'))
  execFileSync('git', ['init', '-q', '-b', 'main', join(dir, 'repository')])
  await writeFile(join(dir, 'repository', 'kept.txt'), 'kept\n')
  git('add', '.')
  git(...identity, 'commit', '-q', '-m', 'First')
  repository = new CatalogRepository(join(dir, 'repository'), join(dir, 'worktrees'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** A commit on top of a ref, as somebody else would make it. */
const foreign = (parent: string, message = 'Somebody else'): string =>
  git(...identity, 'commit-tree', `${parent}^{tree}`, '-p', parent, '-m', message)

test('the page is on its branch under the run trailer, and neither checkout nor index nor hooks of the person are touched', async () => {
  await writeFile(join(dir, 'repository', 'kept.txt'), 'being edited\n')
  await writeFile(join(dir, 'repository', '.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const commit = await repository.commit(request())
  expect(git('show', `${commit}:catalog/page.md`)).toBe('# Page')
  expect(git('show', `${commit}:kept.txt`)).toBe('kept')
  expect(git('log', '-1', '--format=%(trailers:key=Formwright-Run,valueonly)', 'catalog/lora-v1-r1')).toBe('lora-v1-r1')
  expect(git('status', '--porcelain')).toBe('M kept.txt')
  expect(git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main')
  expect(git('worktree', 'list').split('\n')).toHaveLength(1)
})

test('a second commit of the same run is the first one, also after the main branch has moved on', async () => {
  const first = await repository.commit(request())
  git(...identity, 'commit', '-q', '--allow-empty', '-m', 'Later')
  expect(await repository.commit(request({ files: async () => new Map([['catalog/page.md', 'other']]) }))).toBe(first)
  expect(git('rev-list', '--count', 'catalog/lora-v1-r1')).toBe('2')
})

test('a worker that was killed before the branch moved leaves nothing that the next try minds', async () => {
  const killed = request({
    files: async () => {
      throw new Error('killed')
    },
  })
  await expect(repository.commit(killed)).rejects.toThrow('killed')
  git('worktree', 'add', '-q', '--detach', join(dir, 'worktrees', 'lora-v1-r1-left'))
  await rm(join(dir, 'worktrees', 'lora-v1-r1-left', 'kept.txt'))
  await repository.commit(request())
  expect(await readdir(join(dir, 'worktrees'))).toEqual([])
  expect(git('worktree', 'list').split('\n')).toHaveLength(1)
})

test('two that commit the same run at once make one commit', async () => {
  const other = new CatalogRepository(join(dir, 'repository'), join(dir, 'other-worktrees'))
  const commits = await Promise.all([repository.commit(request()), other.commit(request())])
  expect(new Set(commits).size).toBe(1)
  expect(git('rev-list', '--count', 'catalog/lora-v1-r1')).toBe('2')
})

test('a branch that moved meanwhile gets the page on top', async () => {
  git('branch', 'catalog/lora-v1-r1')
  let moved = 0
  const commit = await repository.commit(
    request({
      files: async () => {
        if (moved++ === 0) git('update-ref', 'refs/heads/catalog/lora-v1-r1', foreign('catalog/lora-v1-r1'))
        return new Map([['catalog/page.md', '# Page\n']])
      },
    }),
  )
  expect(moved).toBe(2)
  expect(git('log', '--format=%s', commit).split('\n')).toEqual(['lora-v1: promoted', 'Somebody else', 'First'])
})

test('a run name that is the beginning of another is not mistaken for it', async () => {
  const first = await repository.commit(request({ run: 'lora-v1-r11', branch: 'catalog/both' }))
  const second = await repository.commit(request({ run: 'lora-v1-r1', branch: 'catalog/both' }))
  expect(second).not.toBe(first)
})

test('a folder that is no repository is refused with what to do', async () => {
  const nowhere = new CatalogRepository(await mkdtemp(join(dir, 'empty-')), join(dir, 'worktrees'))
  await expect(nowhere.commit(request())).rejects.toThrow(RepositoryRefused)
})

test('a push that meets a moved remote branch goes on top of it, and one that meets this run there takes it', async () => {
  execFileSync('git', ['init', '-q', '--bare', join(dir, 'remote')])
  git('remote', 'add', 'origin', join(dir, 'remote'))
  git('push', '-q', 'origin', `${foreign('main')}:refs/heads/catalog/lora-v1-r1`)
  const commit = await repository.commit(request())
  const pushed = await pushCommit(repository, 'origin', request(), commit)
  expect(pushed.push).toMatchObject({ pushed: true })
  const remote = (...args: string[]): string => execFileSync('git', ['-C', join(dir, 'remote'), ...args], { encoding: 'utf8' }).trim()
  expect(remote('log', '--format=%s', 'catalog/lora-v1-r1').split('\n')).toEqual(['lora-v1: promoted', 'Somebody else', 'First'])
  git('update-ref', 'refs/heads/catalog/lora-v1-r1', commit)
  expect(await pushCommit(repository, 'origin', request(), commit)).toMatchObject({ commit: pushed.commit, push: { pushed: true } })
})

test('a remote that is away leaves the page committed here and says so', async () => {
  git('remote', 'add', 'origin', join(dir, 'nothing-here'))
  const commit = await repository.commit(request())
  expect(await pushCommit(repository, 'origin', request(), commit)).toMatchObject({ commit, push: { pushed: false } })
  expect(await readFile(join(dir, 'repository/.git/refs/heads/catalog/lora-v1-r1'), 'utf8')).toContain(commit)
})
