// What the machine must have. Each refusal says what is missing, and what to do.
import { spawnSync } from 'node:child_process'
import { SetupRefused } from './run.mjs'

const NODE = [20, 20]
const PYTHON = [3, 11]
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.14', 'python']

const atLeast = ([major, minor], [wantedMajor, wantedMinor]) => major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)

export function checkNode(version = process.versions.node) {
  if (atLeast(version.split('.').map(Number), NODE)) return
  throw new SetupRefused(
    `Node ${NODE.join('.')} or later is needed; this is ${version}. Install it from https://nodejs.org, then run this again.`,
  )
}

/** Version of a Python, as two numbers; undefined when there is none of that name. */
function versionOf(python) {
  const done = spawnSync(python, ['-c', 'import sys; print(*sys.version_info[:2])'], { encoding: 'utf8' })
  return done.status === 0 ? done.stdout.trim().split(' ').map(Number) : undefined
}

/** The first Python that is new enough and can make virtual environments. FORMWRIGHT_PYTHON names one. */
export function findPython(named = process.env.FORMWRIGHT_PYTHON) {
  const seen = (named ? [named] : CANDIDATES).map((python) => ({ python, version: versionOf(python) })).filter(({ version }) => version)
  const good = seen.find(({ version }) => atLeast(version, PYTHON))
  if (!good) {
    const found =
      seen.length > 0
        ? `only found ${seen.map(({ python, version }) => `${python} ${version.join('.')}`).join(', ')}`
        : `found none${named ? ` at ${named}` : ''}`
    throw new SetupRefused(
      `Python ${PYTHON.join('.')} or later is needed; ${found}. Install one, or name it in FORMWRIGHT_PYTHON, then run this again.`,
    )
  }
  if (spawnSync(good.python, ['-c', 'import venv, ensurepip']).status !== 0)
    throw new SetupRefused(
      `${good.python} cannot make virtual environments: its venv module is missing. On Debian and Ubuntu: apt-get install python${good.version.join('.')}-venv. Then run this again.`,
    )
  return good.python
}
