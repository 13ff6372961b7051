import type { Marker, Window } from '../contracts/index.js'
import { answerGrammar, labelWords, parseAnswer, renderAnswer, UnparseableAnswer } from './answer.js'

const marker = (id: number, kind: Marker['kind'], extra: Partial<Marker> = {}): Marker => ({
  id,
  kind,
  page: 1,
  index: id - 1,
  name: `f${id}`,
  rect: { x: 0, y: id * 20, width: 100, height: 12 },
  neighbours: {},
  ...extra,
})
const window: Window = {
  id: 'w1',
  formTitle: 'Permit',
  section: 'Applicant',
  markers: [marker(4, 'text'), marker(5, 'check'), marker(6, 'text'), marker(7, 'check'), marker(8, 'text', { paperOnly: true })],
}

test('an answer read back is the answer that was written, with fields of several markers', () => {
  const answer = {
    section: 'Applicant',
    fields: [
      { markers: [4, 6], label: 'Telephone number', fieldType: 'phone', sensitivity: 'pii', required: true },
      { markers: [5, 7], label: 'Kind of permit', fieldType: 'choice', sensitivity: 'low', required: false },
    ],
  }
  const text = renderAnswer(window, answer)
  expect(text).toBe('# =\n1 Telephone number;phone pii *\n2 Kind of permit;choice\n3 +\n4 +\n5 -<|im_end|>')
  expect(parseAnswer(text, window)).toEqual(answer)
})

test('what agrees with the rules is kept by one sign, and read back as what the rules found', () => {
  const named = { ...window, markers: [marker(4, 'text', { neighbours: { left: 'Name of the vessel' } })] }
  const field = { markers: [4], fieldType: 'text', sensitivity: 'low', required: false }
  const kept = renderAnswer(named, { section: 'Applicant data', fields: [{ ...field, label: 'Vessel name' }] })
  expect(kept).toBe('# =\n1 =;text<|im_end|>')
  expect(parseAnswer(kept, named)).toEqual({ section: 'Applicant', fields: [{ ...field, label: 'Name of the vessel' }] })
  expect(renderAnswer(named, { section: 'Owner', fields: [{ ...field, label: 'Home port' }] })).toBe('# Owner\n1 Home port;text<|im_end|>')
})

test('a label that the rules did not find cannot be kept', () => {
  const [first, second] = ['Month', 'Day'].map((below, i) =>
    marker(i + 1, 'text', { neighbours: { below, lead: 'Due' }, rect: { x: 50 * i, y: 0, width: 40, height: 12 } }),
  )
  expect(() => parseAnswer('# =\n1 =;date\n2 =;date', { ...window, markers: [first!, second!] })).toThrow(UnparseableAnswer)
})

test.each([
  ['a missing line', '# Applicant\n1 Name;text'],
  ['no section', '1 Name;text\n2 +\n3 +\n4 +\n5 -'],
  ['a type that the widget cannot have', '# A\n1 Name;text\n2 Kind;date\n3 +\n4 +\n5 -'],
  ['a join without anything before it', '# A\n1 +\n2 Kind;choice\n3 +\n4 +\n5 -'],
  ['lines out of order', '# A\n2 Name;text\n1 Kind;choice\n3 +\n4 +\n5 -'],
])('%s is unparseable', (_, text) => {
  expect(() => parseAnswer(text, window)).toThrow(UnparseableAnswer)
})

test('the grammar offers a join only to boxes under one question, and no-field only on paper', () => {
  const box = (id: number, lead: string) =>
    marker(id, 'check', { neighbours: { lead, right: `Option ${id}` }, rect: { x: id * 60, y: 40, width: 9, height: 9 } })
  const left = (id: number, text: string) =>
    marker(id, 'text', { neighbours: { left: text }, rect: { x: 0, y: id * 40, width: 100, height: 12 } })
  const paper = marker(6, 'text', { paperOnly: true, neighbours: { left: 'Signature' }, rect: { x: 0, y: 400, width: 100, height: 12 } })
  const markers = [left(1, 'Owner'), left(2, 'Port'), box(3, 'Kind of permit'), box(4, 'Kind of permit'), left(5, 'Draught'), paper]
  const bodies = answerGrammar({ ...window, markers })
    .split('\n')[0]!
    .split('"\\n')
    .slice(1)
  expect(bodies.map((b) => b.includes('" +"'))).toEqual([false, false, false, true, false, false])
  expect(bodies.map((b) => b.includes('" -"'))).toEqual([false, false, false, false, false, true])
})

test('a label may use the words around its own marker, tidied, and no others than its heading and the closed list', () => {
  const markers = [
    marker(1, 'text', { neighbours: { left: 'hull (colour): KEEL' } }),
    marker(2, 'text', { neighbours: { left: 'Draught' } }),
  ]
  const words = labelWords(markers[0]!, { ...window, section: 'Vessel', markers })
  expect(words).toEqual(expect.arrayContaining(['Hull', 'hull', 'colour', 'Colour', 'Keel', 'keel', 'Signature', 'Vessel']))
  for (const other of ['Draught', 'Line', '(colour):']) expect(words).not.toContain(other)
})
