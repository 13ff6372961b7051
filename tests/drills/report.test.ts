import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { faultsOf } from './embedded/drill.js'
import { FAULTS } from './embedded/faults.js'
import { addTo, type DrillReport, renderReport } from './report.js'

test('the committed page is what its numbers say', async () => {
  const report = JSON.parse(await readFile('docs/drills.json', 'utf8')) as DrillReport
  expect(await readFile('docs/drills.md', 'utf8')).toBe(renderReport(report))
})

test('a campaign that found something is shown with its seed and its words', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'drills-'))
  const file = join(dir, 'drills.json')
  const origin = { at: '2026-01-01T00:00', commit: 'c0ffee', machine: 'a laptop' }
  const counts = { endings: { promoted: 2 }, attempts: { done: 2 }, calls: 80, struck: { late: 1 } }
  const played = { seed: 7, runs: 2, atOnce: 1, seconds: 3, cpuSeconds: 2, ...counts }
  await addTo(file, (report) => report.simulation.push({ ...origin, ...played, violations: [{ seed: 8, wrong: ['an instance is left'] }] }))
  const run = { seed: 4, faults: ['nothing'], ended: 'promoted' as const, attempts: ['done'], dollars: 0.01, seconds: 60, wrong: [] }
  await addTo(file, (report) => report.embedded.push({ ...origin, minutes: 1, runs: [run] }))
  const page = await readFile(join(dir, 'drills.md'), 'utf8')
  expect(page).toContain('**2 schedules, 1 violated an invariant.**')
  expect(page).toContain('- seed 8 (`c0ffee`): an instance is left')
  expect(page).toContain('**1 runs, 1 clean.**')
  await rm(dir, { recursive: true })
})

test('runs that end at the same moment are all kept', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'drills-'))
  const file = join(dir, 'drills.json')
  const origin = { at: '2026-01-01T00:00', commit: 'c0ffee', machine: 'a laptop' }
  await Promise.all([1, 2, 3].map((minutes) => addTo(file, (report) => report.embedded.push({ ...origin, minutes, runs: [] }))))
  expect((JSON.parse(await readFile(file, 'utf8')) as DrillReport).embedded.map(({ minutes }) => minutes)).toEqual([1, 2, 3])
  await rm(dir, { recursive: true })
})

test('seeds in a row order every fault, and the same seed the same faults', () => {
  const ordered = FAULTS.map((_, seed) => faultsOf(seed)[0]!.name)
  expect(new Set(ordered).size).toBe(FAULTS.length)
  expect(faultsOf(5)).toEqual(faultsOf(5))
})
