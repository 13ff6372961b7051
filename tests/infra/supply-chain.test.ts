import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ROOT } from '../../infra/local/layout.js'
import { bom, LICENCES, npmPackages, pythonPackages } from '../../scripts/supply-chain.js'

/** Tracked files whose text a person or a program of ours wrote. */
const tracked = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '-z', '--', ...patterns], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean)
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Strong copyleft, which would bind what is linked with it. */
const STRONG_COPYLEFT = /\b(A?GPL)(?!.*exception)/i

test('no program of ours reads or writes a pickle', () => {
  const programs = tracked('*.py').filter((path) => !/(^|\/)(test_[^/]*|conftest)\.py$/.test(path))
  expect(programs.length).toBeGreaterThan(30)
  const unsafe =
    /\b(torch\.(load|save)\s*\(|(c?pickle|dill|joblib|shelve|marshal)\b\s*(\.|import|$)|import\s+(c?pickle|dill|joblib|shelve|marshal)\b|allow_pickle\s*=\s*True)/m
  expect(programs.filter((path) => unsafe.test(read(path)))).toEqual([])
  expect(tracked('*.pt', '*.pth', '*.bin', '*.pkl', '*.pickle', '*.ckpt', '*.joblib')).toEqual([])
})

test('every locked package has a hash', async () => {
  const packages = [...(await npmPackages()), ...(await pythonPackages())]
  expect(packages.length).toBeGreaterThan(200)
  const here = packages.filter(({ ecosystem, licence }) => ecosystem === 'pypi' || licence !== '')
  expect(here.filter(({ hash }) => hash === '').map(({ name }) => name)).toEqual([])
})

test('the list of licences has every locked package and no other, and none under strong copyleft', async () => {
  const rows = readFileSync(LICENCES, 'utf8').split('|---|---|\n')[1]!.trim().split('\n')
  const listed = new Set(rows.flatMap((row) => row.split(' | ')[1]!.replace(/ \|$/, '').split(', ')))
  const packages = [...(await npmPackages()), ...(await pythonPackages())]
  // Where they differ: npm run supply-chain
  expect([...listed].sort()).toEqual([...new Set(packages.map(({ name }) => name))].sort())
  const choices = (licence: string): string[] => licence.split(/ OR /i)
  expect(packages.filter(({ licence }) => licence !== '' && choices(licence).every((one) => STRONG_COPYLEFT.test(one)))).toEqual([])
})

test('the SBOM names each locked package once, with its version and hash', async () => {
  const packages = [...(await npmPackages()), ...(await pythonPackages())]
  const { components } = bom(packages) as { components: { 'bom-ref': string; hashes: { content: string }[] }[] }
  expect(new Set(components.map((one) => one['bom-ref'])).size).toBe(components.length)
  const locked = new Set(
    tracked('requirements.txt', 'requirements-cuda.txt', 'requirements-base-model.txt')
      .flatMap((path) => [...read(path).matchAll(/^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/gm)])
      .map(([, name, version]) => `pkg:pypi/${name}@${version}`),
  )
  expect(
    components
      .map((one) => one['bom-ref'])
      .filter((ref) => ref.startsWith('pkg:pypi/'))
      .sort(),
  ).toEqual([...locked].sort())
  expect(components.find((one) => one['bom-ref'].startsWith('pkg:npm/zod@'))!.hashes[0]!.content).toMatch(/^[0-9a-f]{128}$/)
})

test('no committed file holds what looks like a key', () => {
  const keys =
    /\b(AKIA[0-9A-Z]{16}|xox[abp]-[0-9]{6,}-[0-9A-Za-z-]{10,}|sk-ant-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{36}|-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY-----)/
  const texts = tracked('*.ts', '*.mjs', '*.py', '*.json', '*.yaml', '*.yml', '*.nix', '*.sh', '*.md', '*.txt', '*.caddy', '*.service')
  expect(texts.length).toBeGreaterThan(200)
  expect(texts.filter((path) => keys.test(read(path)))).toEqual([])
})
