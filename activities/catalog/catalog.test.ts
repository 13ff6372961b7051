import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { CatalogEntry, ENDINGS } from '../../contracts/index.js'
import { commitCatalog } from './index.js'
import { githubRepository, openPullRequest } from './pull-request.js'
import { CatalogRepository } from './repository.js'
import { RUN, sampleRecord } from './sample-record.js'

let dir: string
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const commit = (record: Parameters<typeof commitCatalog>[1]) =>
  commitCatalog({ repository: new CatalogRepository(dir, join(dir, '.worktrees')), remote: 'origin' }, record, () => undefined)

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catalog-'))
  execFileSync('git', ['init', '-q', '-b', 'main', dir])
  await writeFile(join(dir, 'readme'), 'x')
  git('add', 'readme')
  git('-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', 'commit', '-q', '-m', 'First')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test.each(ENDINGS)('a run that ended %s leaves its page, its JSON and its roadmap row in one commit', async (ending) => {
  const made = await commit(sampleRecord(ending))
  expect(made).toMatchObject({ branch: `catalog/${RUN}`, page: 'catalog/experiments/pdf-field-extraction/lora-v1.md' })
  expect(made.push).toBeUndefined()
  const entry = CatalogEntry.parse(JSON.parse(git('show', `${made.commit}:catalog/experiments/pdf-field-extraction/lora-v1.json`)))
  expect(entry).toMatchObject({ ending, workflowId: 'fine-tune-extraction/lora-v1' })
  expect(git('show', `${made.commit}:catalog/experiments/_roadmap.md`)).toContain(`| ${ending} |`)
  expect(git('rev-list', '--count', `main..${made.branch}`)).toBe('1')
  expect(await commit(sampleRecord(ending))).toEqual(made)
})

test('a reason that imitates a trailer does not pose as another run', async () => {
  const { commit: made } = await commit(sampleRecord('scope-deferred', { reason: 'no\n\nFormwright-Run: another' }))
  expect(git('log', '-1', '--format=%(trailers:key=Formwright-Run,valueonly)', made).trim()).toBe(RUN)
})

test('a record that is not one is refused before git is touched', async () => {
  await expect(commit({ ...sampleRecord('promoted'), dollars: 'many' as unknown as number })).rejects.toThrow('dollars')
  expect(git('branch', '--list', 'catalog/*')).toBe('')
})

test("a pull request is made once, over GitHub's API", async () => {
  const pulls: { head: string; html_url: string }[] = []
  const server = createServer((request, answer) => {
    if (request.headers.authorization !== 'Bearer token') return void answer.writeHead(401).end('{}')
    if (request.method === 'GET')
      return void answer.end(JSON.stringify(pulls.filter((pull) => request.url!.includes(encodeURIComponent(`ann:${pull.head}`)))))
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { head } = JSON.parse(body) as { head: string }
      pulls.push({ head, html_url: `https://github.com/ann/forms/pull/${pulls.length + 1}` })
      answer.writeHead(201).end(JSON.stringify(pulls.at(-1)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const github = { token: 'token', apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    const request = { repository: 'ann/forms', branch: 'catalog/r1', base: 'main', title: 't', body: 'b' }
    expect(await openPullRequest(github, request)).toBe('https://github.com/ann/forms/pull/1')
    expect(await openPullRequest(github, request)).toBe('https://github.com/ann/forms/pull/1')
    await expect(openPullRequest({ ...github, token: 'other' }, request)).rejects.toThrow('401')
  } finally {
    server.close()
  }
})

test.each([
  ['https://github.com/ann/forms.git', 'ann/forms'],
  ['git@github.com:ann/forms.git', 'ann/forms'],
  ['ssh://git@github.com/ann/forms', 'ann/forms'],
  ['https://example.org/github.com/ann/forms', null],
  ['/srv/forms', null],
])('the remote %s is the GitHub repository %s', (remote, repository) => {
  expect(githubRepository(remote)).toBe(repository)
})
