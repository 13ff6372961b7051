import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LOCKS = [
  'package.json',
  'package-lock.json',
  'requirements.txt',
  'requirements-torch-cpu.txt',
  'requirements-cuda.txt',
  'requirements-base-model.txt',
]

const KERNEL = 'inference/formwright_inference/kernel'

let checkout: string

/** A checkout with nothing but what set-up itself needs. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'fw-setup-'))
  cpSync(join(ROOT, 'scripts', 'setup'), join(checkout, 'scripts', 'setup'), { recursive: true })
  cpSync(join(ROOT, KERNEL), join(checkout, KERNEL), { recursive: true })
  for (const file of ['scripts/setup.mjs', ...LOCKS]) cpSync(join(ROOT, file), join(checkout, file))
})
afterEach(() => rmSync(checkout, { recursive: true, force: true }))

const setUp = (env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(checkout, 'scripts/setup.mjs')], { encoding: 'utf8', env: { ...process.env, ...env } })

/** An executable shell script. */
function program(name: string, text: string): string {
  const path = join(checkout, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

/** As if npm and pip had done their work. */
function makeDone(): void {
  cpSync(join(ROOT, 'package-lock.json'), join(checkout, 'node_modules', '.package-lock.json'))
  mkdirSync(join(checkout, '.formwright/venv/bin'), { recursive: true })
  program(
    '.formwright/venv/bin/python',
    `echo "$@" >> ${checkout}/calls; mkdir -p ${checkout}/.formwright/venv/lib/formwright ${checkout}/.formwright/venv/lib/python3.11/site-packages/torch-2.13.0+cpu.dist-info; : > ${checkout}/.formwright/venv/lib/python3.11/site-packages/torch-2.13.0+cpu.dist-info/METADATA`,
  )
  const base = join(checkout, '.formwright/base/SmolLM2-135M-Instruct')
  mkdirSync(base, { recursive: true })
  writeFileSync(join(base, 'model.safetensors'), 'weights')
  writeFileSync(join(base, 'manifest.json'), JSON.stringify({ files: [{ path: 'model.safetensors', bytes: 7 }] }))
}

const refusals: [string, () => string, RegExp][] = [
  ['no Python', () => '/nowhere/python3', /Python 3\.11 or later is needed; found none at \/nowhere\/python3/],
  ['an old Python', () => program('old', 'echo 3 9'), /Python 3\.11 or later is needed; only found .*old 3\.9\. Install one/],
  [
    'a Python without venv',
    () => program('bare', 'case "$2" in *venv*) exit 1;; esac; echo 3 12'),
    /venv module is missing\. On Debian and Ubuntu: apt-get install python3\.12-venv/,
  ],
]
test.each(refusals)('%s is refused before anything is made, without a stack trace', (_, python, message) => {
  const { status, stderr, stdout } = setUp({ FORMWRIGHT_PYTHON: python() })
  expect(status).toBe(1)
  expect(stderr).toMatch(message)
  expect(stderr + stdout).not.toMatch(/\n\s+at /)
  expect(existsSync(join(checkout, 'node_modules'))).toBe(false)
  expect(existsSync(join(checkout, '.formwright'))).toBe(false)
})

test('what is done is skipped, in less than a second', () => {
  makeDone()
  expect(setUp().status).toBe(0)
  const calls = readFileSync(join(checkout, 'calls'), 'utf8')
  const began = Date.now()
  const again = setUp()
  expect(again.stdout).toBe('')
  expect(Date.now() - began).toBeLessThan(1_000)
  expect(readFileSync(join(checkout, 'calls'), 'utf8')).toBe(calls)
})

test('a changed lock is installed again', () => {
  makeDone()
  setUp()
  writeFileSync(join(checkout, 'requirements.txt'), `${readFileSync(join(checkout, 'requirements.txt'), 'utf8')}\n# changed\n`)
  expect(setUp().stdout).toMatch(/✓ Python packages \(\d+\.\d s\)/)
})

test('a failing step tells its last lines and where the rest is; the next try does it again', () => {
  makeDone()
  program('.formwright/venv/bin/python', 'echo "no space left on this disk" >&2; exit 1')
  const { status, stderr } = setUp()
  expect(status).toBe(1)
  expect(stderr).toMatch(/Installing the Python packages failed \(status 1\)\. What was done before is kept/)
  expect(stderr).toMatch(/no space left on this disk/)
  expect(stderr).toMatch(/setup\.log/)
  expect(readFileSync(join(checkout, '.formwright/stamps/python'), 'utf8')).toBe('begun')
  expect(readFileSync(join(checkout, '.formwright/stamps/npm'), 'utf8')).toMatch(/^[0-9a-f]{64}$/)
})

test('a kernel that cannot be compiled is told of, once, and stops nothing', () => {
  makeDone()
  setUp()
  writeFileSync(join(checkout, KERNEL, 'linear.cpp'), '// changed')
  program('.formwright/venv/bin/python', `case "$*" in *kernel*) echo "There is no C++ compiler (c++)." >&2; exit 1;; esac`)
  const { status, stdout } = setUp()
  expect(status).toBe(0)
  expect(stdout).toMatch(/three quarters of its speed[\s\S]*install a C\+\+ compiler[\s\S]*✓ kernel of the inference service/)
  expect(readFileSync(join(checkout, '.formwright/logs/setup.log'), 'utf8')).toMatch(/There is no C\+\+ compiler/)
  expect(setUp().stdout).toBe('')
})

test('a base model that lost a file, or was cut short, is made again', () => {
  makeDone()
  setUp()
  writeFileSync(join(checkout, '.formwright/base/SmolLM2-135M-Instruct/model.safetensors'), 'weig')
  expect(setUp().stdout).toMatch(/· base model …/)
})

test('a step killed on its way is done again from its start', async () => {
  makeDone()
  mkdirSync(join(checkout, '.formwright/stamps'), { recursive: true })
  writeFileSync(join(checkout, '.formwright/stamps/python'), 'begun')
  setUp({ FORMWRIGHT_PYTHON: program('python', `case "$1" in -c) echo 3 12;; *) echo "$@" >> ${checkout}/calls;; esac`) })
  expect(readFileSync(join(checkout, 'calls'), 'utf8')).toMatch(/^-m venv --clear /)
})

test('a second set-up at the same time is refused by the number of the first', () => {
  makeDone()
  const other = spawn('sleep', ['60'])
  writeFileSync(join(checkout, '.formwright/setup.lock'), String(other.pid))
  expect(setUp().stderr).toMatch(new RegExp(`Set-up already runs here \\(process ${other.pid}\\)`))
  other.kill()
})

test('the lock of a set-up that was killed does not stop the next one', () => {
  makeDone()
  writeFileSync(join(checkout, '.formwright/setup.lock'), '4194304')
  expect(setUp().status).toBe(0)
  expect(existsSync(join(checkout, '.formwright/setup.lock'))).toBe(false)
})
