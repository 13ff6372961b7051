import { DataCollectionSpec, type FormDescription, type Marker, type Provenance } from '../contracts/index.js'
import { type AnsweredWindow, assemble, toCamel } from './assemble.js'

const marker = (id: number, extra: Partial<Marker> = {}): Marker => ({
  id,
  kind: 'text',
  page: 1,
  index: id + 10,
  name: `f${id}`,
  rect: { x: 0, y: id, width: 9, height: 9 },
  neighbours: { section: 'Crew' },
  ...extra,
})
const markers = [marker(1), marker(2), marker(3), marker(4, { index: -1, name: '', paperOnly: true })]
const description: FormDescription = { version: 1, title: 'Crew List', flat: false, pages: [], markers }
const provenance: Provenance = {
  variant: 'extraction/rules-v1',
  promptVersion: 'x',
  pdf: '0'.repeat(64),
  seconds: 1,
  dollars: 0,
  tokens: { prompt: 0, completion: 0 },
  windows: 1,
  unparseable: 0,
  at: '2026-01-01T00:00:00Z',
}
const answer = (ids: number[], label: string) => ({
  markers: ids,
  label,
  fieldType: 'text',
  sensitivity: 'pii',
  required: false,
  confidence: 0.9,
})
const answered: AnsweredWindow[] = [
  {
    window: { id: 'w1', formTitle: 'Crew List', section: 'Crew', markers: markers.slice(0, 3) },
    answer: { section: 'Crew members', fields: [answer([1, 2], 'Rank'), answer([3], 'Rank')] },
  },
  {
    window: { id: 'w2', formTitle: 'Crew List', section: 'Crew', markers: markers.slice(3) },
    answer: { section: 'Other', fields: [answer([4], 'Master’s signature')] },
  },
]

test('repeated labels become numbered fields with unique names, bound to their own widgets', () => {
  const { spec, fieldMapping } = assemble(description, answered, provenance)
  expect(DataCollectionSpec.parse(spec).groups).toHaveLength(1)
  expect(spec.groups[0]!.requirements.map((r) => r.label)).toEqual(['Rank 1', 'Rank 2', 'Master’s signature'])
  expect(fieldMapping.rank1).toEqual([
    { name: 'f1', page: 1, index: 11 },
    { name: 'f2', page: 1, index: 12 },
  ])
  expect(fieldMapping.rank2).toEqual([{ name: 'f3', page: 1, index: 13 }])
})

test('rows of one column get the type and sensitivity that most of their confidence is behind', () => {
  const rows = [0.6, 0.7, 0.9].map((confidence, i) => ({
    ...answer([i + 1], 'Paid'),
    confidence,
    fieldType: i === 2 ? 'text' : 'currency',
    sensitivity: i === 0 ? 'low' : 'medium',
  }))
  const window = answered[0]!.window
  const { spec } = assemble(description, [{ window, answer: { section: 'Crew', fields: rows } }], provenance)
  expect(spec.groups[0]!.requirements.map((r) => [r.label, r.fieldType, r.sensitivity])).toEqual(
    [1, 2, 3].map((n) => [`Paid ${n}`, 'currency', 'medium']),
  )
})

test('a field on paper only has no widgets and says so', () => {
  const { fieldMapping, confidence } = assemble(description, answered, provenance)
  expect(fieldMapping.mastersSignature).toEqual([])
  expect(confidence.at(-1)).toMatchObject({ fieldId: 'masters-signature', flags: ['paper-only'] })
})

test('the same answers give the same result', () => {
  expect(assemble(description, answered, provenance)).toEqual(assemble(description, answered, provenance))
})

test('names are valid whatever the label', () => {
  expect(toCamel('2nd Señor’s Name')).toBe('field2ndSenorsName')
  expect(toCamel('姓名')).toBe('field')
})
