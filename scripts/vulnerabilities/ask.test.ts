import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { askNpm, askPip } from './ask.js'

const LEFT = {
  name: 'left',
  'dist-tags': { latest: '1.0.0' },
  versions: { '1.0.0': { name: 'left', version: '1.0.0', dist: { tarball: 'https://example.org/left.tgz' } } },
}

let dir: string
let registry: Server
let answer: { status: number; body: object }

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fw-audit-'))
  registry = createServer((asked, answered) => {
    // npm asks for advisories with POST, and for the package that one names with GET.
    const { status, body } = asked.method === 'POST' ? answer : { status: 200, body: LEFT }
    asked
      .resume()
      .on('end', () => answered.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body)))
  })
  await new Promise<void>((listening) => registry.listen(0, '127.0.0.1', listening))
})
afterEach(async () => {
  registry.closeAllConnections()
  registry.close()
  await rm(dir, { recursive: true, force: true })
})

/** A project with one locked package, and a registry that gives the planned answer. */
async function npm() {
  const left = { version: '1.0.0', resolved: 'https://registry.npmjs.org/left/-/left-1.0.0.tgz', integrity: `sha512-${'A'.repeat(86)}==` }
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'p', version: '1.0.0', dependencies: { left: '1.0.0' } }))
  const packages = { '': { name: 'p', version: '1.0.0', dependencies: { left: '1.0.0' } }, 'node_modules/left': left }
  await writeFile(
    join(dir, 'package-lock.json'),
    JSON.stringify({ name: 'p', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  )
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    npm_config_registry: url,
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  }
  return askNpm(dir, env)
}

test('npm’s registry names an advisory, or none, or refuses to say', async () => {
  answer = {
    status: 200,
    body: { left: [{ id: 1, url: 'https://example.org', title: 'Bad', severity: 'high', vulnerable_versions: '<2', cwe: [], cvss: {} }] },
  }
  expect(await npm()).toEqual({ tool: 'npm audit', answer: 'known', details: [expect.stringMatching(/^left .*: high$/)] })
  answer = { status: 200, body: {} }
  expect(await npm()).toEqual({ tool: 'npm audit', answer: 'none known', details: [] })
  answer = { status: 405, body: {} }
  expect(await npm()).toEqual({ tool: 'npm audit', answer: 'no answer', details: [expect.stringContaining('405')] })
}, 120_000)

/** A program in pip-audit's place. */
async function pip(script: string) {
  const program = join(dir, 'pip-audit')
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
  return askPip(program, dir, 'requirements.txt')
}

test('pip-audit names an advisory and fails, finds none, or could not ask, which is no answer', async () => {
  const report = (vulns: object[]) => JSON.stringify({ dependencies: [{ name: 'torch', version: '1.0', vulns }], fixes: [] })
  const tool = 'pip-audit, requirements.txt'
  const skipping = JSON.stringify({ dependencies: [{ name: 'torch', skip_reason: 'Dependency not found on PyPI' }], fixes: [] })
  expect(await pip(`echo '${skipping}'`)).toEqual({ tool, answer: 'no answer', details: [expect.stringContaining('1 of 1 not audited')] })
  expect(await pip(`echo '${report([{ id: 'PYSEC-1', fix_versions: [] }])}'; exit 1`)).toEqual({
    tool,
    answer: 'known',
    details: ['torch 1.0: PYSEC-1'],
  })
  expect(await pip(`echo '${report([])}'`)).toEqual({ tool, answer: 'none known', details: [] })
  expect(await pip('echo "ERROR: no route to pypi.org" >&2; exit 1')).toEqual({
    tool,
    answer: 'no answer',
    details: ['ERROR: no route to pypi.org'],
  })
})
