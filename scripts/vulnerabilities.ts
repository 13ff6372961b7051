import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { VENV_BIN } from '../infra/local/layout.js'
import { askNpm, askPip, type Verdict } from './vulnerabilities/ask.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** A place of its own, since it is no part of what is audited. */
const VENV = join(ROOT, '.formwright', 'audit')
const PIP_AUDIT = 'pip-audit==2.9.0'
const LOCKS = ['requirements.txt', 'requirements-cuda.txt', 'requirements-base-model.txt']

new Command('npm run vulnerabilities')
  .description(
    'Asks npm and PyPI for known vulnerabilities of the locked packages. Exit code 0: none known; 1: some are; 2: somebody did not answer.',
  )
  .parse()

/** pip-audit, installed on first use. */
function pipAudit(): string {
  const program = join(VENV, 'bin', 'pip-audit')
  if (existsSync(program)) return program
  execFileSync(join(VENV_BIN, 'python'), ['-m', 'venv', '--clear', VENV])
  execFileSync(join(VENV, 'bin', 'python'), ['-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', PIP_AUDIT])
  return program
}

const verdicts: Verdict[] = [await askNpm(ROOT)]
const program = pipAudit()
for (const lock of LOCKS) verdicts.push(await askPip(program, ROOT, lock))
for (const { tool, answer, details } of verdicts) process.stdout.write(`${[`${tool}: ${answer}`, ...details].join('\n  ')}\n`)
const answers = new Set(verdicts.map(({ answer }) => answer))
process.exitCode = answers.has('known') ? 1 : answers.has('no answer') ? 2 : 0
