import { fileURLToPath } from 'node:url'
import { AGENCY_KINDS } from '../../../../contracts/index.js'
import { createRandom } from '../render/random.js'
import { loadForms, loadSplit } from '../load.js'
import { composeForm, composeForms, loadLibrary } from './index.js'
import { relabel } from './relabel.js'

const DIR = fileURLToPath(new URL('..', import.meta.url))
const library = await loadLibrary(DIR)
const forms = await composeForms(DIR)

test('there are at least 240 composed forms over every kind of business, and no id twice', () => {
  expect(forms.length).toBeGreaterThanOrEqual(240)
  expect(new Set(forms.map((f) => f.kind))).toEqual(new Set(AGENCY_KINDS))
  expect(new Set(forms.map((f) => f.id)).size).toBe(forms.length)
})

test('the same index and seed compose the same form, another seed another one', () => {
  expect(composeForm(5, library, 1)).toEqual(composeForm(5, library, 1))
  expect(composeForm(5, library, 2)).not.toEqual(composeForm(5, library, 1))
})

test('nothing of a held-out form is in a composed one', async () => {
  const held = new Set((await loadSplit(DIR)).eval)
  const heldForms = (await loadForms(`${DIR}/forms`)).filter((f) => held.has(f.family))
  expect(heldForms.length).toBeGreaterThan(0)
  const own = new Set(library.parts.map((p) => JSON.stringify(p.section.fields)))
  for (const section of heldForms.flatMap((f) => f.sections)) expect(own).not.toContain(JSON.stringify(section.fields))
  for (const form of forms) expect(held).not.toContain(form.family)
})

test('labels vary widely', () => {
  const labels = forms.flatMap((f) =>
    f.sections.flatMap((s) => s.fields.flatMap((x) => ('table' in x ? x.table.columns.map((c) => c.label) : [x.label]))),
  )
  expect(new Set(labels).size).toBeGreaterThan(4000)
})

test('line numbers and the lines that captions refer to move together', () => {
  const section = {
    title: 'Sums',
    fields: [
      { label: 'Rents', number: '1', fieldType: 'currency' as const },
      { label: 'Royalties', number: '2a', fieldType: 'currency' as const },
      { label: 'Net', printed: 'Subtract line 2a from line 1', number: '3', fieldType: 'currency' as const },
    ],
  }
  const moved = Array.from({ length: 40 }, (_, seed) => relabel(section, createRandom(seed))).find(
    (s) => (s.fields[0] as { number: string }).number !== '1',
  )
  const numbers = moved!.fields.map((f) => ('number' in f ? f.number : ''))
  const by = Number(numbers[0]) - 1
  expect(numbers).toEqual([`${1 + by}`, `${2 + by}a`, `${3 + by}`])
  expect((moved!.fields[2] as { printed: string }).printed).toContain(`Subtract line ${2 + by}a from line ${1 + by}`)
})
