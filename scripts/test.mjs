// `npm test`: set-up, type check, lint, then jest and pytest; the last line adds both up as "N passed, N failed".
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = join(root, '.formwright/reports')
const python = join(root, '.formwright/venv/bin/python')
const npx = (name, ...args) => [process.execPath, [join(root, 'node_modules/.bin', name), ...args]]

function step(name, [command, args], env = {}) {
  process.stdout.write(`\n— ${name}\n`)
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } }).status === 0
}

/** Counts of a jest JSON report; a suite that could not even load counts as one failure. */
function jestCounts(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const skipped = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'pending').map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites, skipped }
}

/** Counts of a pytest JUnit report. */
function pytestCounts(file) {
  const suite = /<testsuite\b[^>]*>/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  return { passed: count('tests') - failed - count('skipped'), failed }
}

function counted(read, file) {
  try {
    return read(file)
  } catch {
    return { passed: 0, failed: 1 }
  }
}

if (!step('set-up', [process.execPath, [join(root, 'scripts/setup.mjs')]])) process.exit(1)
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
const checks = [
  step('type check', npx('tsc', '-p', '.')),
  step('lint', npx('biome', 'check', '--error-on-warnings')),
  step(
    'imports only down the flow',
    npx(
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      'telemetry',
      'contracts',
      'extraction',
      'workflows',
      'activities',
      'workers',
      'gateway',
      'app',
      'infra',
    ),
  ),
  step('ruff', [python, ['-m', 'ruff', 'check', 'inference', 'training', 'contracts/python', 'infra']]),
]
const jestReport = join(reports, 'jest.json')
const pytestReport = join(reports, 'pytest.xml')
const jestOk = step('jest', [
  process.execPath,
  [
    '--experimental-vm-modules',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${jestReport}`,
    ...process.argv.slice(2),
  ],
])
const pytestOk = step(
  'pytest',
  [python, ['-m', 'pytest', '-q', `--junitxml=${pytestReport}`, 'training', 'inference', 'contracts/python', 'infra']],
  {
    PYTHONPATH: ['inference', 'training', 'contracts/python'].map((dir) => join(root, dir)).join(delimiter),
  },
)
const counts = [counted(jestCounts, jestReport), counted(pytestCounts, pytestReport)]
const failed = counts.reduce((n, c) => n + c.failed, 0) + checks.filter((ok) => !ok).length
const skipped = counts.flatMap((c) => c.skipped ?? [])
if (skipped.length > 0)
  process.stdout.write(
    `\n${skipped.length} not checked here, for want of a program or a service (each says which):\n  ${skipped.join('\n  ')}\n`,
  )
process.stdout.write(`\n${counts.reduce((n, c) => n + c.passed, 0)} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && jestOk && pytestOk ? 0 : 1
