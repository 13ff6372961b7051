import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const LOCKS = ['requirements.txt', 'requirements-torch-cpu.txt', 'requirements-cuda.txt', 'requirements-base-model.txt']

/** Each package of a lock with its hashes. */
const packagesOf = (lock: string): [string, number][] =>
  read(lock)
    .split(/\n(?=[a-z])/)
    .slice(1)
    .map((entry) => [entry.split(/[ ;\\]/)[0]!, entry.match(/--hash=sha256:[0-9a-f]{64}/g)?.length ?? 0])

test('every optional package of every platform is in the npm lock, or `npm ci` would refuse it elsewhere', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
  const missing = wanted.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)))
  expect(missing).toEqual([])
})

test.each(LOCKS)('%s pins each package to one version with its hashes', (lock) => {
  expect(packagesOf(lock).length).toBeGreaterThan(0)
  for (const [name, hashes] of packagesOf(lock)) {
    expect(name).toMatch(/^[a-z0-9.-]+==[\w.+]+$/)
    expect(hashes).toBeGreaterThan(0)
  }
})

test('the lock holds what requirements.in asks for', () => {
  const asked = read('requirements.in')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
  const locked = new Set(packagesOf('requirements.txt').map(([name]) => name))
  expect(asked.filter((name) => !locked.has(name.trim()))).toEqual([])
})

test('a machine without a GPU is given nothing of CUDA', () => {
  const names = packagesOf('requirements.txt').map(([name]) => name)
  expect(names.filter((name) => /^(nvidia|cuda|triton)/.test(name))).toEqual([])
})

test('no lock names an index or a folder: pip asks where its owner told it to', () => {
  for (const lock of LOCKS) expect(read(lock)).not.toMatch(/--(extra-)?index-url|--find-links|file:|https?:/)
})
