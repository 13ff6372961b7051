import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { Settings } from '../../../contracts/settings.js'
import { ROOT } from '../../../infra/local/layout.js'
import { committed, NIXOS, nixFiles, RENDERED, render, run, testWith } from './rendered.js'

const folder = mkdtempSync(join(tmpdir(), 'fw-nixos-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const withNix = testWith('nix-instantiate', 'Debian: nix-bin')
const withSystemd = testWith('systemd-analyze', 'part of systemd')
/** systemd's figure times ten; 1.4 was reached, and the network, a home of state and JIT compilers keep it from zero. */
const MAX_EXPOSURE = 16

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
  const { options, parts, caddy } = JSON.parse(stdout)
  expect(options).toEqual(['app', 'caddy', 'enable', 'environment', 'gateway', 'inference', 'root', 'secrets', 'worker'])
  expect(Object.keys(parts)).not.toContain('formwright-app')
  expect(Object.keys(parts)).toEqual(expect.arrayContaining(['formwright-inference', 'formwright-inference-probe', 'formwright-gateway']))
  expect(parts['formwright-worker'].serviceConfig).toMatchObject({ MemoryMax: '9G', DynamicUser: true })
  expect(parts['formwright-worker'].preStart).toContain('git clone')
  expect(caddy.environment.FORMWRIGHT_INFERENCE_UPSTREAM).toBe('127.0.0.1:8090')
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
  const args = ['security', '--offline=true', '--no-pager', `--threshold=${MAX_EXPOSURE}`, join(RENDERED, name)]
  expect(run('systemd-analyze', args)).toMatchObject({ status: 0 })
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
  const others = /^(AWS_(DEFAULT_)?REGION|PYTHON\w+|FORMWRIGHT_INFERENCE_\w+)$/
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
