import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from '@jest/globals'
import { Settings } from '../../../contracts/settings.js'
import { ROOT } from '../../../infra/local/layout.js'
import { committed, NIXOS, nixFiles, RENDERED, render, run, testWith } from './rendered.js'

const folder = mkdtempSync(join(tmpdir(), 'fw-nixos-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const withNix = testWith('nix-instantiate', 'Debian: nix-bin')
const withCurl = testWith('curl', 'Debian: curl')
const withSystemd = testWith('systemd-analyze', 'part of systemd')
/** systemd's figure times ten, as infra/nixos/README.md states it: the network, a state directory and JIT compilers keep it from zero. */
const STATED = Object.fromEntries(
  [...readFileSync(join(NIXOS, 'README.md'), 'utf8').matchAll(/^\| `(formwright-[\w-]+)` \| (\d\.\d) \|/gm)].map(([, unit, score]) => [
    `${unit}.service`,
    Math.round(Number(score) * 10),
  ]),
)

const services = Object.entries(committed()).filter(([name]) => name.endsWith('.service'))
const valuesOf = (text: string, directive: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${directive}=`))
    .map((line) => line.slice(directive.length + 1))

withNix.each(nixFiles())('%s parses', (path) => {
  expect(run('nix-instantiate', ['--parse', path])).toMatchObject({ status: 0 })
})

withNix('the committed units and Caddyfile are what the modules’ data renders to', () => {
  expect(render()).toEqual(committed())
})

withNix('the modules make the units of the parts that are enabled, with the options of the host', () => {
  const { status, stdout } = run('nix-instantiate', ['--eval', '--strict', '--json', join(ROOT, 'tests/infra/nixos/modules.nix')])
  expect(status).toBe(0)
  const { options, parts, timers, safe, caddy } = JSON.parse(stdout)
  expect(options).toEqual(['app', 'caddy', 'enable', 'environment', 'gateway', 'inference', 'root', 'secrets', 'worker'])
  expect(Object.keys(parts)).not.toContain('formwright-app')
  expect(Object.keys(parts)).toEqual(expect.arrayContaining(['formwright-inference', 'formwright-inference-probe', 'formwright-gateway']))
  expect(parts['formwright-worker'].serviceConfig).toMatchObject({ MemoryMax: '9G', DynamicUser: true })
  expect(parts['formwright-worker'].preStart).toContain('git clone')
  expect(safe).toEqual(expect.arrayContaining(['/opt/formwright', '/opt/formwright/.git']))
  expect(parts['formwright-inference'].environment.LD_LIBRARY_PATH).toBe('/store/cc/lib:/store/zlib/lib')
  expect(timers).toEqual({ 'formwright-inference-probe': { timerConfig: { AccuracySec: '1s' } } })
  expect(caddy.environment.FORMWRIGHT_INFERENCE_UPSTREAM).toBe('127.0.0.1:8090')
})

withNix('the worker clones a checkout that is not its own, and root fetches from the clone', () => {
  const { stdout } = run('nix-instantiate', ['--eval', '--strict', '--json', join(ROOT, 'tests/infra/nixos/modules.nix')])
  const [checkout, clone, config] = ['checkout', 'clone', 'gitconfig'].map((name) => join(folder, name)) as [string, string, string]
  run('git', ['init', '-q', checkout])
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
  run('git', ['-C', checkout, ...who, 'commit', '-q', '--allow-empty', '-m', 'First'])
  const places: Record<string, string> = { '/opt/formwright': checkout, '/var/lib/private/formwright/worker/repository': clone }
  const safe = (JSON.parse(stdout).safe as string[]).map((path) =>
    path.replace(/^(.+?)(\/\.git)?$/, (_, at, git = '') => places[at]! + git),
  )
  // git's own switch for its tests: nothing is owned by who runs it.
  const env = { GIT_CONFIG_SYSTEM: config, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TEST_ASSUME_DIFFERENT_OWNER: 'true' }
  writeFileSync(config, '')
  expect(run('git', ['clone', '-q', checkout, clone], env).output).toContain('dubious ownership')
  writeFileSync(config, `[safe]\n${safe.map((path) => `\tdirectory = ${path}\n`).join('')}`)
  expect(run('git', ['clone', '-q', checkout, clone], env)).toMatchObject({ status: 0 })
  run('git', ['-C', clone, 'branch', 'catalog/lora-v1-r1'], env)
  const [, fetch] = /^git -C \/opt\/formwright (fetch .*)$/m.exec(readFileSync(join(NIXOS, 'README.md'), 'utf8'))!
  const args = fetch!
    .replaceAll("'", '')
    .split(' ')
    .map((arg) => places[arg] ?? arg)
  expect(run('git', ['-C', checkout, ...args], env)).toMatchObject({ status: 0 })
  expect(run('git', ['-C', checkout, 'branch', '--list', 'catalog/*'], env).stdout).toContain('catalog/lora-v1-r1')
})

withSystemd('systemd accepts every unit and timer', () => {
  const here = (text: string): string =>
    text.replace(/^ExecStart=\S+/gm, 'ExecStart=/bin/sh').replace(/^WorkingDirectory=.*$/gm, 'WorkingDirectory=/')
  const names = Object.keys(committed()).filter((name) => name !== 'Caddyfile')
  for (const name of names) writeFileSync(join(folder, name), here(committed()[name]!))
  const { status, output } = run('systemd-analyze', ['verify', '--man=no', ...names.map((name) => join(folder, name))])
  expect(output.split('\n').filter((line) => line.includes('formwright'))).toEqual([])
  expect(status).toBe(0)
})

withSystemd.each(services.map(([name]) => name))('%s is exposed no more than stated', (name) => {
  const exposedOver = (tenths: number) =>
    run('systemd-analyze', ['security', '--offline=true', '--no-pager', `--threshold=${tenths}`, join(RENDERED, name)]).status !== 0
  // Versions of systemd differ by a tenth or two.
  expect(exposedOver(STATED[name]! + 2)).toBe(false)
  expect(exposedOver(STATED[name]! - 5)).toBe(true)
})

test.each(services)('%s is bounded in memory and tasks', (_, text) => {
  expect(valuesOf(text, 'MemoryMax')).toHaveLength(1)
  expect(valuesOf(text, 'TasksMax')).toHaveLength(1)
})

test.each(services)('%s has no secret in its environment, and only variables that a part reads', (_, text) => {
  const known = new Set([
    ...Object.keys(Settings.shape),
    'HOST',
    'PORT',
    'FORMWRIGHT_STATE_DIR',
    'FORMWRIGHT_WORKER_HEALTH_PORT',
    'FORMWRIGHT_METRICS_PORT',
  ])
  const others = /^(AWS_(DEFAULT_)?REGION|PYTHON\w+|FORMWRIGHT_INFERENCE_\w+|LD_LIBRARY_PATH)$/
  const names = valuesOf(text, 'Environment').map((pair) => pair.slice(1).split('=')[0]!)
  expect(names.filter((name) => !known.has(name) && !others.test(name))).toEqual([])
  expect(names.filter((name) => /TOKEN|SECRET|_KEY/.test(name))).toEqual([])
})

test('secrets become variables of the program, empty ones do not, and no folder is an error', () => {
  const script = join(NIXOS, 'with-credentials.sh')
  const secrets = join(folder, 'secrets')
  mkdirSync(secrets)
  writeFileSync(join(secrets, 'FORMWRIGHT_ADMIN_TOKEN'), 'with spaces and $signs "quoted"\n')
  writeFileSync(join(secrets, 'SLACK_BOT_TOKEN'), '')
  const asked = 'printf "%s|%s" "$FORMWRIGHT_ADMIN_TOKEN" "$(printenv SLACK_BOT_TOKEN || echo absent)"'
  expect(run('sh', [script, 'sh', '-c', asked], { CREDENTIALS_DIRECTORY: secrets }).output).toBe('with spaces and $signs "quoted"|absent')
  expect(run('sh', [script, 'true'], { CREDENTIALS_DIRECTORY: '' }).status).not.toBe(0)
})

test('each secret is loaded as a credential, and the README names all of them and no other', () => {
  const loaded = services.flatMap(([, text]) => valuesOf(text, 'LoadCredential').map((value) => value.split(':')))
  for (const [name, path] of loaded) expect(path).toBe(`/etc/formwright/secrets/${name}`)
  const told = /^Secrets that parts load: .*$/m.exec(readFileSync(join(NIXOS, 'README.md'), 'utf8'))![0]
  const named = [...told.matchAll(/`((?:FORMWRIGHT|SLACK)_\w+)`/g)].map(([, name]) => name!)
  expect([...new Set(loaded.map(([name]) => name))].sort()).toEqual(named.sort())
  expect(named.filter((name) => !(name in Settings.shape))).toEqual([])
})

withCurl(
  'the probe asks a silent service three times, then fails, and its failure starts the service again',
  async () => {
    const unit = committed()
    const probe = unit['formwright-inference-probe.service']!
    expect(valuesOf(probe, 'OnFailure')).toEqual(['formwright-inference-restart.service'])
    expect(valuesOf(unit['formwright-inference-restart.service']!, 'ExecStart')).toEqual([
      expect.stringMatching(/try-restart formwright-inference\.service$/),
    ])
    const [, ...args] = valuesOf(probe, 'ExecStart')[0]!.split(' ')
    let asked = 0
    let silent = true
    const server = createServer((_, answer) => {
      asked++
      if (!silent) answer.end('ok')
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
    const here = args.map((arg) => (arg.startsWith('http://') ? url : arg === '10' ? '1' : arg))
    await expect(promisify(execFile)('curl', here)).rejects.toMatchObject({ code: 28 })
    expect(asked).toBe(3)
    silent = false
    await promisify(execFile)('curl', here)
    server.closeAllConnections()
    server.close()
  },
  60_000,
)
