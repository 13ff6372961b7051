import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Pair, PROMPT_VERSION } from '../../../contracts/index.js'
import { buildDataset, DATA_DIR, MIN_PAIRS, selectPairs } from './curate.js'
import { MAX_OVERLAP, overlap, shinglesOf } from './overlap.js'
import { MalformedData, readFixtures, readPairs } from './pairs.js'

let dir: string
let pairs: Pair[]
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'curate-'))
  for (const folder of ['pairs', 'fixtures']) await cp(join(DATA_DIR, folder), join(dir, folder), { recursive: true })
  pairs = await readPairs(join(dir, 'pairs'))
})
afterAll(() => rm(dir, { recursive: true }))

test('the committed pairs make a dataset that is the same every time', async () => {
  const first = await buildDataset('quick', dir)
  const second = await buildDataset('quick', dir)
  expect(second.digest).toBe(first.digest)
  expect(first.manifest).toMatchObject({ promptVersion: PROMPT_VERSION, pairs: pairs.length })
  expect(pairs.length).toBeGreaterThanOrEqual(MIN_PAIRS)
  expect(first.manifest.windows).toBeGreaterThan(pairs.length)
})

test('a malformed pair is named by file, line and field, and nothing is made of it', async () => {
  const name = (await readdir(join(dir, 'pairs')))[0]!
  const text = await readFile(join(dir, 'pairs', name), 'utf8')
  const broken = text.replace(/"fieldType": "\w+"/, '"fieldType": "colour"')
  const line = broken.slice(0, broken.indexOf('"colour"')).split('\n').length
  await writeFile(join(dir, 'pairs', name), broken)
  try {
    await expect(buildDataset('quick', dir)).rejects.toThrow(
      new RegExp(`${name}, line ${line}, field spec\\.groups\\.0\\.requirements\\.\\d+\\.fieldType`),
    )
  } finally {
    await writeFile(join(dir, 'pairs', name), text)
  }
})

test.each([
  ['a stray comma', (text: string) => text.replace('"family":', ',"family":'), '"family":'],
  ['an end too early', (text: string) => text.slice(0, text.indexOf('"family":')), undefined],
])('a pair with %s is named by file and line', async (_, broken, before) => {
  const name = (await readdir(join(dir, 'pairs')))[0]!
  const text = await readFile(join(dir, 'pairs', name), 'utf8')
  const written = broken(text)
  const line = written.slice(0, before ? written.indexOf(before) : written.length).split('\n').length
  await writeFile(join(dir, 'pairs', name), written)
  try {
    await expect(buildDataset('quick', dir)).rejects.toThrow(`${name}, line ${line}: not JSON`)
  } finally {
    await writeFile(join(dir, 'pairs', name), text)
  }
})

test('fewer than fifty checked pairs are refused, candidates not counted', async () => {
  const fixtures = await readFixtures(join(dir, 'fixtures'))
  expect(() => selectPairs(pairs.slice(0, MIN_PAIRS - 1), fixtures)).toThrow(/at least 50 checked training pairs, got 49/)
  const candidates = pairs.map((p): Pair => ({ ...p, review: { ...p.review, state: 'candidate' } }))
  expect(() => selectPairs(candidates, fixtures)).toThrow(/got 0/)
})

test('a pair that occurs in the evaluation fixtures is refused, by its PDF or by its labels', async () => {
  const fixtures = await readFixtures(join(dir, 'fixtures'))
  const samePdf: Pair = { ...pairs[0]!, provenance: { ...pairs[0]!.provenance, pdf: fixtures[0]!.pdfDigest } }
  const sameLabels: Pair = { ...pairs[0]!, spec: fixtures[1]!.spec }
  for (const leak of [samePdf, sameLabels])
    expect(() => selectPairs([leak, ...pairs.slice(1)], fixtures)).toThrow(/occurs in the evaluation fixture/)
})

test('a fixture whose PDF was changed is refused', async () => {
  const pdf = (await readdir(join(dir, 'fixtures'))).find((f) => f.endsWith('.pdf'))!
  const bytes = await readFile(join(dir, 'fixtures', pdf))
  await writeFile(join(dir, 'fixtures', pdf), Buffer.concat([bytes, Buffer.from(' ')]))
  try {
    await expect(readFixtures(join(dir, 'fixtures'))).rejects.toThrow(MalformedData)
  } finally {
    await writeFile(join(dir, 'fixtures', pdf), bytes)
  }
})

test('no training form shares more than the stated bound of its labels with an evaluation fixture', async () => {
  const { trainForms } = await import('./corpus.js')
  const fixtures = await readFixtures(join(dir, 'fixtures'))
  const labelsOf = (sections: Awaited<ReturnType<typeof trainForms>>[number]['sections']) =>
    sections.flatMap((s) => s.fields.flatMap((f) => ('table' in f ? f.table.columns.map((c) => c.label) : [f.label])))
  const trained = (await trainForms(DATA_DIR)).map((form) => ({ id: form.id, shingles: shinglesOf(labelsOf(form.sections)) }))
  const worst = fixtures.flatMap((f) =>
    trained.map((t) => ({
      pair: `${t.id} in ${f.id}`,
      share: overlap(shinglesOf(f.spec.groups.flatMap((g) => g.requirements.map((r) => r.label))), t.shingles),
    })),
  )
  const over = worst.filter((w) => w.share > MAX_OVERLAP / 5)
  expect(over).toEqual([])
})
