import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { ENDINGS, SweepEntry } from '../../contracts/index.js'
import { renderSweep } from './files.js'
import { rowOfSweep, withRow } from './roadmap.js'
import { sampleSweep } from './sample-sweep.js'
import { sweepEntryOf, sweepPageOf } from './sweep-entry.js'

const rendered = (...args: Parameters<typeof sampleSweep>) => renderSweep(sweepEntryOf(sampleSweep(...args)))
const page = async (...args: Parameters<typeof sampleSweep>): Promise<string> => (await rendered(...args)).get(sweepPageOf('lora-v1'))!

test.each(ENDINGS)('the page of a sweep that ended %s says how, why, and what was spent', async (ending) => {
  const record = sampleSweep(ending)
  const text = await page(ending)
  const measured = record.winner !== null
  expect(parse(text.split('---\n')[1]!)).toMatchObject({ kind: 'sweep', ending, status: measured ? 'current' : 'scope-deferred' })
  expect(text).toContain(record.reason.split(':')[0]!)
  expect(text).toContain('## Approval and spend')
  expect(text).not.toMatch(/null|undefined|NaN/)
})

test('it compares the configurations by what differs between them, and says who was stopped when and against whom', async () => {
  const text = await page('promoted')
  expect(text).toMatch(/\| Configuration \| learningRate \| Ended \|/)
  expect(text).toMatch(/\| `low` \(\*\*best\*\*\) \| 0\.0001 \| evaluated \| 24, 0\.410 \| \$1\.50 \| \$0\.00900 \|/)
  expect(text).toContain('- `high`: after 40 % of its steps its loss was 1.200, that of low 0.900 at the same point')
  expect(text).toContain('3 configurations, 1 stopped early; $0.0270 spent on training')
  expect(text).toMatch(/\| rank \| 32 \|/)
})

test('the winner stands against the others with paired intervals, and the page owns that it was chosen on the same forms', async () => {
  const text = await page('promoted')
  expect(text).toMatch(/## Differences[\s\S]*\| `middle` \| \+5\.0 \(\+5\.0 to \+5\.0\) \|/)
  expect(text).toContain('The best was chosen on these forms by its recall, so its own figures are a little too good')
})

test('everything is rendered from the JSON, which can be read back, with charts of what was measured', async () => {
  const entry = sweepEntryOf(sampleSweep('promoted'))
  expect(SweepEntry.parse(JSON.parse(JSON.stringify(entry)))).toEqual(JSON.parse(JSON.stringify(entry)))
  expect([...(await renderSweep(entry)).keys()].map((path) => path.split('/').at(-1))).toEqual([
    'lora-v1-sweep.md',
    'lora-v1-sweep-differences.svg',
    'lora-v1-sweep-loss.svg',
  ])
  expect([...(await rendered('cancelled')).keys()]).toHaveLength(1)
})

test('the roadmap gets a row of its own beside that of the adapter', () => {
  const roadmap = withRow(null, rowOfSweep(sweepEntryOf(sampleSweep('promoted'))))
  expect(roadmap).toContain('| [lora-v1-sweep](pdf-field-extraction/lora-v1-sweep.md) | current | promoted | low is best: recall 92.5 %')
})
