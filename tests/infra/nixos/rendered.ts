import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { z } from 'zod'
import { ROOT } from '../../../infra/local/layout.js'

export const NIXOS = join(ROOT, 'infra', 'nixos')
export const RENDERED = join(NIXOS, 'rendered')

/** `test` where the program is installed; elsewhere the test is skipped with a line that says what to install. */
export function testWith(program: string, from: string): typeof test | typeof test.skip {
  if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) return test
  console.warn(`SKIPPED: ${program} is not installed here (${from}); what it checks of infra/nixos/ was not checked.`)
  return test.skip
}

/** Runs a program to its end. `output` is all that it said, `stdout` its answer without its warnings. */
export function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): { status: number | null; output: string; stdout: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env } })
  return { status, output: `${stdout}${stderr}`, stdout }
}

/** What render.nix evaluates to: file name to text. */
export function render(): Record<string, string> {
  const { stdout } = spawnSync('nix-instantiate', ['--eval', '--strict', '--json', join(NIXOS, 'render.nix')], { encoding: 'utf8' })
  return z.record(z.string(), z.string()).parse(JSON.parse(stdout))
}

/** The committed files: name to text. */
export const committed = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(RENDERED)
      .sort()
      .map((name) => [name, readFileSync(join(RENDERED, name), 'utf8')]),
  )

export const nixFiles = (): string[] =>
  readdirSync(NIXOS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.nix'))
    .map((path) => join(NIXOS, path))
