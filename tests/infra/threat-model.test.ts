import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ROOT } from '../../infra/local/layout.js'

const text = readFileSync(join(ROOT, 'docs', 'threat-model.md'), 'utf8')
const BOUNDARIES = [
  'Uploads',
  'Inference service',
  'Admin routes',
  'Slack',
  'Temporal',
  'AWS API and roles',
  'Training instance',
  'Base model and adapters',
  'Dataset',
  'Catalog commits',
]

/** `file`: “title” · “title” of the same file · `other file`: “title” */
function namedTests(markdown: string): { file: string; title: string }[] {
  const found: { file: string; title: string }[] = []
  for (const row of markdown.split('\n').filter((line) => line.startsWith('|'))) {
    let file: string | undefined
    for (const [, path, title] of row.matchAll(/`([^`]+\.(?:test\.ts|py))`:|“([^”]+)”/g)) {
      if (path) file = path
      else if (file && title) found.push({ file, title })
    }
  }
  return found
}

/** Whether a file has a test of exactly this title. */
function hasTest(source: string, python: boolean, title: string): boolean {
  if (python) return new RegExp(`^(async )?def ${title}\\(`, 'm').test(source)
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${title}${quote},`)
  return source.split('\n').some((line) => quoted.some((text) => line.trim().startsWith(text) || line.includes(`(${text}`)))
}

const section = (name: string): string => text.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? ''

test.each(namedTests(text))('“$title” is a test of $file', ({ file, title }) => {
  expect(existsSync(join(ROOT, file))).toBe(true)
  expect(hasTest(readFileSync(join(ROOT, file), 'utf8'), file.endsWith('.py'), title)).toBe(true)
})

test.each(BOUNDARIES)('the section on %s says what crosses, the threats, mitigations with tests, and what is left', (name) => {
  const own = section(name)
  for (const word of ['**Crosses:**', '**Threats:**', '| Mitigation | Shown by |', '**Residual risk:**']) expect(own).toContain(word)
  expect(namedTests(own).length).toBeGreaterThan(1)
  expect(section('Summary')).toContain(`[${name}](#`)
})

test('the summary has a line for each boundary, and the change log what changed when, newest first', () => {
  const rows = (name: string) => [...section(name).matchAll(/^\| (.+) \|$/gm)].map(([, row]) => row!.split(' | ')).slice(1)
  const summary = rows('Summary')
  expect(summary.map(([boundary]) => /\[(.+)\]/.exec(boundary!)![1])).toEqual(BOUNDARIES)
  for (const row of summary) expect(row.filter((cell) => cell.trim() !== '')).toHaveLength(4)
  const dates = rows('Change log').map(([date]) => date!)
  expect(dates.length).toBeGreaterThan(3)
  for (const date of dates) expect(date).toMatch(/^20\d\d-\d\d-\d\d$/)
  expect(dates).toEqual([...dates].sort().reverse())
})

test('every mitigation names a test', () => {
  const rows = [...text.matchAll(/^\| Mitigation \| Shown by \|\n\|[-|]+\|\n((?:\|.*\n)+)/gm)].flatMap(([, body]) =>
    body!.trim().split('\n'),
  )
  expect(rows.length).toBeGreaterThan(30)
  expect(rows.filter((row) => namedTests(row).length === 0 && !row.includes('*no test*'))).toEqual([])
})

test('a test that is not there is noticed', () => {
  expect(hasTest("test('one thing', async () => {})", false, 'one thing')).toBe(true)
  expect(hasTest("test('one thing', async () => {})", false, 'another thing')).toBe(false)
  expect(hasTest('def test_one():\n', true, 'test_one')).toBe(true)
  expect(hasTest('def test_one_more():\n', true, 'test_one')).toBe(false)
})
