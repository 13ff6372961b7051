import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { ROOT, VENV_BIN } from '../../infra/local/layout.js'
import { flagsOf, type Told, told } from './commands.js'

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
const spoken = ({ page, words }: Told): string => `${page}: ${words.join(' ')}`

/** Text of a program and of everything of ours that it imports by a relative path. */
function sourcesOf(entry: string, seen = new Set<string>()): string {
  if (seen.has(entry) || !/\.(ts|mjs)$/.test(entry) || !existsSync(entry)) return ''
  seen.add(entry)
  const text = readFileSync(entry, 'utf8')
  const imported = [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path]) =>
    join(dirname(entry), path!).replace(/\.js$/, '.ts'),
  )
  return [text, ...imported.map((path) => sourcesOf(path, seen))].join('\n')
}

test('every flag that a page gives to a command of ours is one that the command knows', () => {
  const commands = [...told('npm run'), ...told('npm start')]
  expect(commands.length).toBeGreaterThan(30)
  const unknown = commands.filter(({ words }) => {
    const [, verb, name] = words as [string, string, string | undefined]
    const script = scripts[verb === 'start' ? 'start' : name!]
    if (!script) return true
    const own = words.slice(words.indexOf('--') + 1)
    // `npm start` hands its words on to start.ts.
    const entries = [/(\S+\.(?:ts|mjs))/.exec(script)?.[1] ?? '', ...(verb === 'start' ? ['scripts/start.ts'] : [])]
    const source = entries.map((entry) => sourcesOf(join(ROOT, entry))).join('\n')
    return words.includes('--') && flagsOf(own).some((flag) => flag !== '--help' && !new RegExp(`['" ]${flag}['" ,]`).test(source))
  })
  expect(unknown.map(spoken)).toEqual([])
})

/** Every command takes them, and no help shows them. */
const GLOBAL = ['--address', '--namespace']

test('every command of Temporal’s CLI that a page tells to type exists with its flags', () => {
  const help = new Map<string, string>()
  const commands = told('temporal').filter(({ words }) => words.length > 2)
  expect(commands.length).toBeGreaterThan(12)
  const unknown = commands.filter(({ words }) => {
    const at = words.findIndex((word) => word.startsWith('-'))
    const path = words.slice(1, at < 0 ? undefined : at)
    const name = path.join(' ')
    if (!help.has(name)) help.set(name, spawnSync(join(VENV_BIN, 'temporal'), [...path, '--help'], { encoding: 'utf8' }).stdout)
    const text = help.get(name)!
    return (
      !text.includes(`temporal ${name} [flags]`) ||
      flagsOf(words).some((flag) => !GLOBAL.includes(flag) && !new RegExp(`(^|\\s)${flag}[\\s,]`, 'm').test(text))
    )
  })
  expect(unknown.map(spoken)).toEqual([])
}, 120_000)

const BOTOCORE = `
import json, sys
import botocore.session
from botocore import xform_name
session, unknown = botocore.session.get_session(), []
for service, operation, flags in json.load(sys.stdin):
    model = session.get_service_model({"s3api": "s3"}.get(service, service))
    found = next((name for name in model.operation_names if xform_name(name, "-") == operation), None)
    known = {"--query", "--output"}
    if found:
        known |= {"--" + xform_name(name, "-") for name in model.operation_model(found).input_shape.members}
    if not found or not set(flags) <= known:
        unknown.append([service, operation, flags])
print(json.dumps(unknown))
`
/** What AWS's CLI has beside the API's own operations. */
const CUSTOM = new Map([
  ['cloudformation deploy', ['--stack-name', '--template-file', '--parameter-overrides', '--capabilities']],
  ['s3 sync', []],
])

test('every command of AWS’s CLI that a page tells to type is an operation of the API with its parameters', () => {
  const commands = told('aws').map(({ words: [, service, operation, ...rest] }) => [service!, operation!, flagsOf(rest)] as const)
  expect(commands.length).toBeGreaterThan(8)
  const ours = commands.filter(([service, operation]) => !CUSTOM.has(`${service} ${operation}`))
  const custom = commands.filter(([service, operation]) => CUSTOM.has(`${service} ${operation}`))
  expect(
    custom.filter(([service, operation, flags]) => flags.some((flag) => !CUSTOM.get(`${service} ${operation}`)!.includes(flag))),
  ).toEqual([])
  const answer = execFileSync(join(VENV_BIN, 'python'), ['-c', BOTOCORE], { input: JSON.stringify(ours), encoding: 'utf8' })
  expect(JSON.parse(answer)).toEqual([])
}, 120_000)

test('every script and module that a page tells to run exists', () => {
  const scriptsTold = told('node').map(({ words }) => words.find((word) => /\.(ts|mjs)$/.test(word)))
  const modules = told('python').flatMap(({ words }) => (words[1] === '-m' && words[2]!.startsWith('formwright_') ? [words[2]!] : []))
  expect(scriptsTold.length + modules.length).toBeGreaterThan(3)
  expect(scriptsTold.filter((path) => path === undefined || !existsSync(join(ROOT, path)))).toEqual([])
  const found = (module: string): boolean =>
    ['training', 'inference'].some((room) =>
      ['.py', '/__main__.py'].some((end) => existsSync(join(ROOT, room, `${module.replaceAll('.', '/')}${end}`))),
    )
  expect(modules.filter((module) => !found(module))).toEqual([])
})

test('what is not a command is noticed', () => {
  expect(told('no-such-program')).toEqual([])
  const text = spawnSync(join(VENV_BIN, 'temporal'), ['workflow', 'nonsense', '--help'], { encoding: 'utf8' }).stdout
  expect(text).not.toContain('temporal workflow nonsense [flags]')
  const asked = (flag: string) =>
    spawnSync(join(VENV_BIN, 'temporal'), ['workflow', 'list', flag, '127.0.0.1:1'], { encoding: 'utf8', timeout: 30_000 }).stderr
  expect(asked('--nonsense')).toContain('unknown flag')
  expect(asked('--address')).not.toContain('unknown flag')
})
