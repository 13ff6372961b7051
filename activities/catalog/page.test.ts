import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { ENDINGS } from '../../contracts/index.js'
import { renderCharts } from './charts.js'
import { entryOf } from './entry.js'
import { pageOf, renderEntry } from './files.js'
import { renderPage } from './page.js'
import { rowOfRun, withRow } from './roadmap.js'
import { sampleRecord } from './sample-record.js'

const page = (...args: Parameters<typeof sampleRecord>): string => renderPage(entryOf(sampleRecord(...args)), new Set())
const frontMatterOf = (text: string): unknown => parse(text.split('---\n')[1]!)

describe('a page', () => {
  test.each(ENDINGS)('says how a run that ended %s ended, and why', (ending) => {
    const record = sampleRecord(ending)
    const text = page(ending)
    expect(frontMatterOf(text)).toMatchObject({
      kind: 'experiment',
      implementation: 'extraction/lora-v1',
      ending,
      status: record.evaluation ? 'current' : 'scope-deferred',
    })
    expect(text).toContain(record.reason.split(':')[0]!)
    expect(text).toContain('## Approval and spend')
  })

  test('keeps published figures apart from measured ones, without intervals and with their source', () => {
    const [measured, published] = page('promoted').split('### Published elsewhere, not measured here')
    expect(measured).not.toContain('sonnet')
    expect(published).toMatch(/extraction\/sonnet` \(\*\*published elsewhere\*\*\) \| llm-judge \| 3 \| 72\.6 % \|/)
    expect(published).toContain('published by somebody else, 2026-04, on other forms with other scoring')
  })

  test('states the break-even volume, and that there is none where nothing is saved', () => {
    expect(page('promoted')).toMatch(/`extraction\/sonnet` \(published\) \| \$0\.00900 \| \$0\.150 \| 1 form \|/)
    const dear = sampleRecord('promoted')
    for (const one of dear.evaluation!.summaries) if (one.role === 'candidate') one.dollarsPerForm = 0.2
    expect(renderPage(entryOf(dear), new Set())).toContain('never: nothing is saved per form')
  })

  test('names what was continued from as not counted, and API variants without a price', () => {
    const record = structuredClone(sampleRecord('promoted'))
    record.quote!.plan.initFrom = 'e'.repeat(64)
    record.evaluation!.summaries.push({
      ...record.evaluation!.summaries.find((s) => s.role === 'api')!,
      variant: 'extraction/haiku',
      dollarsPerForm: null,
    })
    const text = renderPage(entryOf(record), new Set())
    expect(text).toContain('was paid for before, and is not counted')
    expect(text).toContain('No price is known of `extraction/haiku`, so there is no break-even against it.')
  })

  test('says what does not work yet by its own numbers, and form by form', () => {
    const text = page('promoted')
    expect(text).toContain(
      '- 15 of 120 gold fields were not found with their label; the worst form is `street-event-permit` with a recall of 85.0 %.',
    )
    expect(text).toContain('- 0 of 3 forms are right in every field.')
    expect(text).toContain('These 3 forms cannot tell it from `extraction/rules-v1` in located.')
    expect(text).toMatch(/## Form by form[\s\S]*\| `garnishee-answer` \| 40 \| 87\.5 % \| 55\.0 % \|/)
    expect(page('not-promoted')).toContain('## What does not work yet')
    expect(page('cancelled')).not.toContain('## What does not work yet')
  })

  test('shows a failed gate with its number, threshold and verdict', () => {
    expect(page('not-promoted')).toMatch(/\| recall \| quality \| 0\.41 \| at least 0\.5 \| \*\*failed\*\* \|/)
  })

  test('takes words of people as text', () => {
    const decision = { ...sampleRecord('promoted').decision!, approver: '<img src=x>|[a](javascript:b)\n# Title' }
    const text = page('promoted', { decision })
    expect(text).toContain('&lt;img src=x\\>\\|\\[a\\](javascript:b) \\# Title')
    expect(text).not.toContain('\n# Title')
  })

  test('of a run that failed before its dataset names no numbers that it does not have', () => {
    const text = page('failed', { dataset: null, base: null, hyperparameters: null, quote: null, decision: null, attempts: [], dollars: 0 })
    expect(text).toContain('nothing was spent')
    expect(text).not.toMatch(/null|undefined|NaN/)
  })
})

describe('charts', () => {
  test('are drawn where there are numbers, the same bytes each time', async () => {
    const entry = entryOf(sampleRecord('promoted'))
    const [first, second] = [await renderCharts(entry), await renderCharts(entry)]
    expect([...first.keys()]).toEqual(['differences', 'cost', 'loss'])
    expect(second).toEqual(first)
    for (const svg of first.values()) expect(svg).toMatch(/^<svg [\s\S]*<path[\s\S]*<\/svg>\n$/)
    expect(await renderCharts(entryOf(sampleRecord('cancelled')))).toEqual(new Map())
  })

  test('change with their numbers', async () => {
    const record = sampleRecord('promoted')
    const other = { ...record, lossCurve: record.lossCurve.map((p) => ({ ...p, loss: p.loss * p.step })) }
    expect((await renderCharts(entryOf(other))).get('loss')).not.toBe((await renderCharts(entryOf(record))).get('loss'))
  })
})

test('everything that a measured run leaves is rendered from its entry', async () => {
  const files = await renderEntry(entryOf(sampleRecord('promoted')))
  expect([...files.keys()].map((path) => path.split('/').at(-1))).toEqual([
    'lora-v1.md',
    'lora-v1-differences.svg',
    'lora-v1-cost.svg',
    'lora-v1-loss.svg',
    'lora-v1.model-card.md',
    expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}_pdf-field-extraction_[0-9a-z]+\.json$/),
  ])
  for (const name of ['differences', 'cost', 'loss']) expect(files.get(pageOf('lora-v1'))).toContain(`(lora-v1-${name}.svg)`)
  const card = frontMatterOf(files.get('catalog/experiments/pdf-field-extraction/lora-v1.model-card.md')!) as Record<
    string,
    [{ results: [{ metrics: { type: string; value: number }[] }] }]
  >
  expect(card['model-index']![0].results[0].metrics[0]).toMatchObject({ type: 'recall', value: 0.875 })
})

describe('the roadmap', () => {
  test('gets one row per adapter, replaced by its next run', () => {
    const first = withRow(null, rowOfRun(entryOf(sampleRecord('failed'))))
    const second = withRow(first, rowOfRun(entryOf(sampleRecord('promoted', { adapter: 'lora-v2' }))))
    const third = withRow(second, rowOfRun(entryOf(sampleRecord('promoted'))))
    expect(third.match(/^\| \[lora-v1\]/gm)).toHaveLength(1)
    expect(third.match(/^\| \[lora-v2\]/gm)).toHaveLength(1)
    expect(third).toContain('| [lora-v1](pdf-field-extraction/lora-v1.md) | current | promoted | Recall 87.5 %')
  })

  test('keeps what people wrote around the table', () => {
    const written = '# Ours\n\nWords.\n\n| Experiment | Status | Ending | Finding |\n| --- | --- | --- | --- |\n\nMore words.\n'
    expect(withRow(written, rowOfRun(entryOf(sampleRecord('cancelled'))))).toMatch(
      /^# Ours\n\nWords\.\n\n\|.*\n\| ---.*\n\| \[lora-v1\].*\n\nMore words\.\n$/,
    )
  })
})
