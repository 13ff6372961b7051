import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ROOT } from '../../infra/local/layout.js'

test('a part that cannot start says so in a line with level, run and stage, and in nothing else', () => {
  const env = { PATH: process.env.PATH, FORMWRIGHT_ADMIN_TOKEN: 'short' }
  const entry = join(ROOT, 'gateway/main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', entry], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    timeout: 280_000,
  })
  expect([status, stderr]).toEqual([1, ''])
  const said = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(said).toMatchObject([
    { part: 'gateway', level: 'fatal', run: null, stage: null, message: expect.stringMatching(/FORMWRIGHT_ADMIN_TOKEN/) },
  ])
}, 300_000)

test.each(['worker', 'gateway', 'app'])('the %s runs under its log', (part) => {
  const entry = part === 'worker' ? 'workers/main.ts' : `${part}/main.ts`
  expect(readFileSync(join(ROOT, entry), 'utf8')).toMatch(new RegExp(`^runPart\\('${part}', main\\)$`, 'm'))
})

test('no code of a part prints beside its log', () => {
  const tracked = execFileSync(
    'git',
    ['ls-files', '-z', '--', ...'app gateway workers activities extraction workflows contracts telemetry'.split(' ')],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  // Commands of their own: the bundle is built by hand before a deployment.
  const sources = tracked
    .split('\0')
    .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|\/testing\/|^workers\/build-bundle\.ts$/.test(path))
  expect(sources.length).toBeGreaterThan(100)
  const prints = /\bconsole\.\w+\(|process\.std(out|err)\.write\(/
  expect(sources.filter((path) => prints.test(readFileSync(join(ROOT, path), 'utf8')))).toEqual([])
})

const PROGRAM = `
import { runPart } from ${JSON.stringify(join(ROOT, 'telemetry/part.ts'))}
runPart('app', async (log) => {
  log.info('serves')
  process.emitWarning('old')
  setTimeout(() => { throw new TypeError('the end') }, 200)
})
`

test('Node’s warnings and errors that nobody caught are lines too', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', PROGRAM], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 110_000,
  })
  expect([status, stderr]).toEqual([1, ''])
  const whose = { part: 'app', run: null, stage: null }
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { ...whose, level: 'info', message: 'serves' },
    { ...whose, level: 'warn', message: 'old' },
    { ...whose, level: 'fatal', message: 'the end', err: { stack: expect.stringContaining('TypeError: the end') } },
  ])
}, 120_000)
