import { readFile, rename, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import pLimit from 'p-limit'
import type { Drilled } from './embedded/drill.js'
import type { Simulation } from './simulation/simulate.js'

/** When, where and with which code a campaign ran. */
export interface Origin {
  at: string
  commit: string
  machine: string
}

/** What `docs/drills.md` is rendered from: campaigns as they ran, none left out. */
export interface DrillReport {
  simulation: (Origin & Simulation)[]
  embedded: (Origin & { minutes: number; runs: Drilled[] })[]
}

export const machine = (): string => `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`

/** Runs beside each other end at the same moment: one adds after the other. */
const inTurn = pLimit(1)

/** Reads a report, lets it grow, and writes it with its page beside it; whoever reads it meanwhile sees a whole one. */
export function addTo(file: string, grow: (report: DrillReport) => void): Promise<void> {
  return inTurn(async () => {
    const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{"simulation":[],"embedded":[]}')) as DrillReport
    grow(report)
    await replace(file, `${JSON.stringify(report, null, 1)}\n`)
    await replace(file.replace(/\.json$/, '.md'), renderReport(report))
  })
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.next`, text)
  await rename(`${file}.next`, file)
}

const sum = <T>(all: T[], of: (one: T) => number): number => all.reduce((total, one) => total + of(one), 0)

function counted(all: Record<string, number>[]): [string, number][] {
  const into: Record<string, number> = {}
  for (const counts of all) for (const [key, n] of Object.entries(counts)) into[key] = (into[key] ?? 0) + n
  return Object.entries(into).sort(([, a], [, b]) => b - a)
}
const listed = (all: [string, number][]): string => all.map(([key, n]) => `${n} ${key}`).join(', ') || 'none'

/** The page. */
export function renderReport(report: DrillReport): string {
  return [
    '# Drills',
    '',
    'Rendered from `docs/drills.json`, to which `npm run simulate -- --save` and `npm run drill -- --save` add what they ran. Whatever was saved is there, also what found something.',
    '',
    ...simulationPart(report.simulation),
    '',
    ...embeddedPart(report.embedded),
    '',
  ].join('\n')
}

function simulationPart(all: DrillReport['simulation']): string[] {
  const violations = all.flatMap((one) => one.violations.map((found) => ({ ...found, commit: one.commit })))
  const rows = all.map(
    (one) =>
      `| ${one.at} | \`${one.commit}\` | ${one.seed}–${one.seed + one.runs - 1} | ${one.atOnce} | ${one.seconds} | ${one.cpuSeconds} | ${one.violations.length} |`,
  )
  return [
    '## Simulation',
    '',
    `**${sum(all, (one) => one.runs)} schedules, ${violations.length} violated an invariant.** The workflow code on Temporal's time-skipping test server; the ports fail, are slow, do things twice or late, by seed.`,
    '',
    `- Runs ended: ${listed(counted(all.map((one) => one.endings)))}.`,
    `- Attempts ended: ${listed(counted(all.map((one) => one.attempts)))}.`,
    `- Servers whose clock stopped, which a test server's does at times: ${sum(all, (one) => one.stops ?? 0)}. What was on them was played again, each seed alone.`,
    `- ${sum(all, (one) => one.calls)} calls of ports; faults that struck: ${listed(counted(all.map((one) => one.struck)))}.`,
    '',
    '| when | code | seeds | at once | s | s of a core, without the server | violations |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    ...(violations.length ? ['', ...violations.map((v) => `- seed ${v.seed} (\`${v.commit}\`): ${v.wrong.join('; ')}`)] : []),
    '',
    `Machines: ${[...new Set(all.map((one) => one.machine))].join('; ') || 'none'}.`,
  ]
}

function embeddedPart(all: DrillReport['embedded']): string[] {
  const runs = all.flatMap((one) => one.runs.map((run) => ({ ...run, commit: one.commit })))
  const clean = runs.filter((run) => run.wrong.length === 0).length
  const rows = runs.map(
    (run) =>
      `| ${run.seed} | \`${run.commit}\` | ${run.faults.join(' + ')} | ${run.ended} | ${run.attempts.join(', ') || '–'} | ${run.dollars.toFixed(4)} | ${run.seconds} | ${run.wrong.join('; ') || 'clean'} |`,
  )
  return [
    '## Embedded platform',
    '',
    `**${runs.length} runs, ${clean} clean.** Real parts, preset \`tiny\` with more steps. Looked at after each run: its ending, its decisions, its dollars, instances left, launches for each attempt, adapters, catalog commits and, where a training came to its end, whether its losses are those of the others.`,
    '',
    '| seed | code | faults | ended | attempts | $ | s | found |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `Machines: ${[...new Set(all.map((one) => `${one.machine}, ${one.minutes} min`))].join('; ') || 'none'}.`,
  ]
}
