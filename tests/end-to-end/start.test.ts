import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { z } from 'zod'
import { layoutOf } from '../../infra/local/layout.js'
import { PARTS } from '../../infra/local/part.js'
import { isAlive, KnownProcess } from '../../infra/local/processes.js'
import { CTRL_C, Terminal } from './terminal.js'
import { cloneHere, git } from './throwaway.js'

let dir: string
let repository: string
let terminal: Terminal | undefined

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formwright-start-'))
  repository = cloneHere(join(dir, 'repository'))
})
afterAll(async () => {
  terminal?.kill()
  await rm(dir, { recursive: true, force: true })
})

const npmStart = (...options: string[]): Terminal => {
  terminal = new Terminal(['npm', 'start', '--', ...options], {
    FORMWRIGHT_PLATFORM_DIR: join(dir, 'platform'),
    FORMWRIGHT_REPOSITORY: repository,
  })
  return terminal
}

const layout = () => layoutOf(join(dir, 'platform'))
const parts = (): KnownProcess[] =>
  z.object({ parts: z.array(KnownProcess) }).parse(JSON.parse(readFileSync(layout().processes, 'utf8'))).parts
/** Everything that names the platform's folder on its command line, such as an instance or a guardian. */
const named = (): string[] =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(layout().dir))

test('npm start asks before it spends, Ctrl-C leaves nothing running, and the next start takes the run up', async () => {
  const first = npmStart('--preset', 'tiny')
  await first.shows(/Approve\? \[y\/N\]/)
  expect(first.text).toMatch(/App +http:\/\/127\.0\.0\.1:\d+/)
  expect(first.text).toMatch(/Quote [0-9a-f]{12} for lora-v1\r?\n +\$[\d.]+ expected, \$[\d.]+ at most/)
  const running = parts()
  expect(running.map(({ name }) => name).sort()).toEqual([...PARTS].sort())
  for (const name of PARTS) expect(existsSync(join(layout().logs, `${name}.log`))).toBe(true)

  const second = new Terminal(['node', 'scripts/start.mjs'], { FORMWRIGHT_PLATFORM_DIR: layout().dir })
  expect(await second.ended).toBe(1)
  expect(second.text).toMatch(/A platform already runs on .* \(process \d+\)/)

  first.type(CTRL_C)
  expect(await first.ended).toBe(130)
  expect([...first.text.matchAll(/(\w+) has stopped/g)].map(([, name]) => name)).toEqual([...PARTS].reverse())
  expect(running.filter(isAlive)).toEqual([])
  expect(named()).toEqual([])
  expect(existsSync(layout().platform)).toBe(false)

  const next = npmStart('--preset', 'tiny', '--exit')
  await next.shows(/Following the open run fine-tune-extraction\/lora-v1.*Approve\? \[y\/N\]/s)
  next.type('n\r')
  expect(await next.ended).toBe(3)
  expect(next.text).toMatch(/lora-v1-[\w-]+: scope-deferred\. Rejected by/)
  const [, branch] = /Catalog page +\S+ on branch (\S+)/.exec(next.text)!
  expect(git(repository, 'log', '--format=%s', `main..${branch}`)).toEqual(['lora-v1: scope-deferred'])
  expect(next.text).toMatch(/One form, extracted with what is live now:.*\d+ fields by extraction\/lora-v1 [0-9a-f]{12}/s)
  expect(named()).toEqual([])
}, 2_400_000)
