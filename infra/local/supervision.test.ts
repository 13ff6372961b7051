import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ROOT } from './layout.js'
import { type Platform, startPlatform } from './platform.js'
import { startOf } from './processes.js'
import { lastLines, PartDied } from './supervise.js'

let dir: string
let platform: Platform | undefined
let told: string[]
const tell = (line: string) => void told.push(line)

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fw-supervise-'))
  told = []
})
afterEach(async () => {
  await platform?.stop()
  platform = undefined
  await rm(dir, { recursive: true, force: true })
})

async function toldOf(pattern: RegExp, seconds = 30): Promise<string> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(100)) {
    const line = told.find((candidate) => pattern.test(candidate))
    if (line) return line
    if (Date.now() > end) throw new Error(`Nobody told ${pattern}; told was:\n${told.join('\n')}`)
  }
}

test('a part that does not start is named with its last lines, and what had started is stopped', async () => {
  await mkdir(join(dir, 'state', 'caddy'), { recursive: true })
  await mkdir(join(dir, 'state', 'temporal', 'temporal.db'), { recursive: true })
  const failure = await startPlatform({ dir, parts: ['s3', 'temporal'], tell }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(PartDied)
  expect((failure as PartDied).part).toBe('temporal')
  expect((failure as PartDied).message).toMatch(/ended with status \d+\. Its last lines \(all of them in .*temporal\.log\):\n {2}\S/)
  platform = await startPlatform({ dir, parts: [] })
})

test('of a long last line both ends are shown, since a trace in one line ends with what is wrong', () => {
  const shown = lastLines(`first\n{"level": "error", "${'x'.repeat(2_000)} BaseRefused: model.safetensors is damaged"}\n`)
  expect(shown).toMatch(/^ {2}first\n {2}\{"level": "error".* … .*BaseRefused: model\.safetensors is damaged"\}$/)
  expect(shown.length).toBeLessThan(450)
})

test('a line of a part’s log is shown as what it says, one line for each wrong variable', () => {
  const line = JSON.stringify({
    level: 'fatal',
    part: 'worker',
    run: null,
    stage: null,
    err: { stack: 'at…' },
    message: 'Wrong environment:\n  PORT: no',
  })
  expect(lastLines(`${line}\n`)).toBe('  fatal: Wrong environment:\n      PORT: no')
})

test('a part that dies is started again', async () => {
  platform = await startPlatform({ dir, parts: ['gateway'], tell })
  const before = platform.part('gateway').pid!
  process.kill(before, 'SIGKILL')
  await toldOf(/gateway was ended by SIGKILL/)
  await toldOf(/gateway is started again in 1 s/)
  while (platform.part('gateway').pid === undefined) await sleep(100)
  expect(platform.part('gateway').pid).not.toBe(before)
})

test('a part without which nothing works stops the platform, which says why', async () => {
  platform = await startPlatform({ dir, parts: ['temporal', 'caddy'], tell })
  const caddy = platform.part('caddy').pid!
  process.kill(platform.part('temporal').pid!, 'SIGKILL')
  expect((await platform.failed).message).toMatch(
    /^The platform has stopped: nothing works without temporal\. temporal was ended by SIGKILL/,
  )
  expect(startOf(caddy)).toBeUndefined()
})

test('a part that a drill kills stays away until it is started', async () => {
  platform = await startPlatform({ dir, parts: ['temporal'], tell })
  await platform.part('temporal').kill()
  expect(platform.part('temporal').pid).toBeUndefined()
  await platform.start('temporal')
  expect(startOf(platform.part('temporal').pid!)).toBeDefined()
  expect(told.filter((line) => line.includes('was ended'))).toEqual([])
})

test('stopping during the start leaves nothing', async () => {
  const stop = new AbortController()
  const starting = startPlatform({ dir, parts: ['caddy', 'temporal', 's3'], tell, signal: stop.signal })
  await toldOf(/temporal serves/)
  stop.abort(new Error('stopped'))
  await expect(starting).rejects.toThrow('stopped')
  await toldOf(/temporal has stopped/)
  platform = await startPlatform({ dir, parts: [] })
})

/** A platform with Caddy in a process of its own, which is killed; answers Caddy's pid. */
async function killedPlatform(alsoKill: string): Promise<number> {
  const program = `import { startPlatform } from ${JSON.stringify(join(ROOT, 'infra/local/platform.ts'))}
    const platform = await startPlatform({ dir: ${JSON.stringify(dir)}, parts: ['caddy'] })
    console.log(platform.part('caddy').pid)`
  await writeFile(join(dir, 'first.mts'), program)
  const first = spawn(process.execPath, ['--import', 'tsx', join(dir, 'first.mts')], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(first.stdout!, 'data')) as [Buffer]
  const guardians = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).match(
    new RegExp(`^ *\\d+ (?=sh -c .*guardian.*${dir})`, 'gm'),
  )
  expect(guardians).toHaveLength(1)
  if (alsoKill === 'guardian') process.kill(-Number(guardians![0]), 'SIGKILL')
  first.kill('SIGKILL')
  await once(first, 'exit')
  return Number(line.toString())
}

test('what a killed platform leaves is ended by its guardian', async () => {
  const caddy = await killedPlatform('nobody else')
  while (startOf(caddy) !== undefined) await sleep(100)
})

test('what a killed platform leaves without a guardian is ended by the next platform', async () => {
  const caddy = await killedPlatform('guardian')
  expect(startOf(caddy)).toBeDefined()
  platform = await startPlatform({ dir, parts: [], tell })
  expect(told).toContain('ended what an earlier platform left: caddy')
  expect(startOf(caddy)).toBeUndefined()
})
