import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { CandidateFolder } from '../../app/extract/candidates.js'
import type { Extraction } from '../../app/extract/store.js'
import type { Fixture, Pair } from '../../contracts/index.js'
import { DATA_DIR, selectPairs } from '../../data/fine-tuning/extraction/curate.js'
import { readFixtures, readPairs } from '../../data/fine-tuning/extraction/pairs.js'
import { ReviewShelf } from './shelf.js'

const EXTRACTION = {
  id: '0a1b2c3d-0000-4000-8000-000000000000',
  pdf: 'f'.repeat(64),
  description: { version: 1, title: 'Mooring permit', flat: false, pages: [], markers: [] },
  spec: {
    id: 'mooring-permit',
    title: 'Mooring permit',
    groups: [
      { id: 'boat', title: 'Boat', requirements: [{ id: 'hull', fieldName: 'hull', label: 'Hull', fieldType: 'text', required: false }] },
    ],
  },
  mapping: { hull: [] },
} as unknown as Extraction

// The whole dataset is read once.
jest.setTimeout(180_000)
let committed: Pair[]
let fixtures: Fixture[]
beforeAll(async () => {
  committed = await readPairs(join(DATA_DIR, 'pairs'))
  fixtures = await readFixtures(join(DATA_DIR, 'fixtures'))
})

let root: string
let data: string
let shelf: ReviewShelf
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'formwright-review-'))
  data = join(root, 'data')
  await mkdir(join(data, 'pairs'), { recursive: true })
  await symlink(join(DATA_DIR, 'fixtures'), join(data, 'fixtures'))
  shelf = new ReviewShelf(join(root, 'candidates'), data)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const keep = (changes: Partial<Extraction> = {}) =>
  new CandidateFolder(join(root, 'candidates')).keep({ ...EXTRACTION, ...changes }, 'vehicles', 'owner')
/** What the curate step would train on. */
const chosen = async () => selectPairs([...committed, ...(await readPairs(join(data, 'pairs')))], fixtures).map((p) => p.id)

test('a corrected form is trained on after a person has accepted it, and not before', async () => {
  const id = await keep()
  expect(await chosen()).not.toContain(id)
  expect((await shelf.list()).map((p) => p.id)).toEqual([id])
  await shelf.accept(id, 'ann')
  expect(await chosen()).toContain(id)
  expect((await readPairs(join(data, 'pairs'))).find((p) => p.id === id)?.review).toMatchObject({ state: 'checked', by: 'ann' })
  expect(await shelf.list()).toEqual([])
})

test('a rejected one is kept, asked about no more, and never trained on', async () => {
  const id = await keep()
  await shelf.reject(id, 'ann')
  expect(await shelf.list()).toEqual([])
  expect(await readdir(join(root, 'candidates'))).toEqual([`${id}.json`])
  await expect(shelf.accept(id, 'ann')).rejects.toThrow(/No candidate .* waits/)
  expect(await chosen()).not.toContain(id)
})

test('a form of the evaluation cannot be accepted', async () => {
  const [fixture] = fixtures
  const id = await keep({ pdf: fixture!.pdfDigest, spec: fixture!.spec, mapping: fixture!.fieldMapping })
  await expect(shelf.accept(id, 'ann')).rejects.toThrow(/is a form of the evaluation .* Nothing was changed/)
  expect((await shelf.list()).map((p) => p.id)).toEqual([id])
})
