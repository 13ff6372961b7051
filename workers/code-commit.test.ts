import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { codeCommitOf } from './code-commit.js'

test('the commit is named as it is, with its changes where code differs, and unknown where there is none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'code-commit-'))
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], { encoding: 'utf8' }).trim()
  try {
    execFileSync('git', ['init', '-q', '-b', 'main', dir])
    expect(await codeCommitOf(dir)).toBe('unknown')
    await mkdir(join(dir, 'workflows'))
    await writeFile(join(dir, 'workflows', 'one.ts'), 'one')
    git('add', '.')
    git('commit', '-q', '-m', 'First')
    const head = git('rev-parse', 'HEAD')
    await writeFile(join(dir, 'notes.md'), 'no code')
    expect(await codeCommitOf(dir)).toBe(head)
    await writeFile(join(dir, 'workflows', 'one.ts'), 'other')
    expect(await codeCommitOf(dir)).toBe(`${head}+changes`)
    git('checkout', '-q', '.')
    await writeFile(join(dir, 'workflows', 'two.ts'), 'new')
    expect(await codeCommitOf(dir)).toBe(`${head}+changes`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
