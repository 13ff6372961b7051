import type { Requirement } from '../contracts/index.js'
import { figure, type Scored, scoreForm, shareOf } from './score.js'

const field = (fieldName: string, label: string, extra: Partial<Requirement> = {}): Requirement => ({
  id: fieldName.toLowerCase(),
  fieldName,
  label,
  fieldType: 'text',
  required: false,
  ...extra,
})
const form = (title: string, requirements: Requirement[], widgets: Record<string, number[]>): Scored => ({
  spec: { id: 'f', title: 'F', groups: [{ id: 'g', title, requirements }] },
  fieldMapping: Object.fromEntries(
    requirements.map((r) => [r.fieldName, (widgets[r.fieldName] ?? []).map((index) => ({ name: '', page: 1, index }))]),
  ),
})

const gold = form(
  'Part I Owner',
  [
    field('ownerName', 'Owner name', { sensitivity: 'pii' }),
    field('phone', 'Daytime telephone', { fieldType: 'phone' }),
    field('signedOn', 'Date signed', { fieldType: 'date' }),
  ],
  {
    ownerName: [0],
    phone: [1, 2, 3],
  },
)

test('a form scored against itself is right in everything', () => {
  const score = scoreForm(gold, gold)
  expect(score).toMatchObject({
    gold: 3,
    predicted: 3,
    located: 3,
    matched: 3,
    type: 3,
    group: 3,
    sensitivity: 3,
    strict: 3,
    strictAllCorrect: true,
  })
})

test('half of the widgets is a match, less is not, and a wrong label is located but not recalled', () => {
  const predicted = form('Owner', [field('x', 'Hull colour'), field('daytimePhone', 'Daytime phone'), field('y', 'Third')], {
    x: [0],
    daytimePhone: [1, 2],
    y: [9],
  })
  const score = scoreForm(gold, predicted)
  expect(score).toMatchObject({ located: 2, matched: 1, type: 1, sensitivity: 1, group: 2 })
  expect(scoreForm(gold, form('Owner', [field('p', 'Daytime telephone')], { p: [1, 7] })).located).toBe(0)
})

test('a field on paper matches by label only a prediction without widgets', () => {
  expect(scoreForm(gold, form('Owner', [field('d', 'Date signed')], {})).located).toBe(1)
  expect(scoreForm(gold, form('Owner', [field('d', 'Date signed')], { d: [8] })).located).toBe(0)
})

test('figures are shares of sums with an interval that holds them', () => {
  const scores = [scoreForm(gold, gold), scoreForm(gold, form('Owner', [field('ownerName', 'Owner name')], { ownerName: [0] }))]
  const recall = figure('recall', scores)
  expect(recall.value).toBeCloseTo(4 / 6)
  expect(recall.low).toBeLessThanOrEqual(recall.value)
  expect(recall.high).toBeGreaterThanOrEqual(recall.value)
  expect(shareOf('recall', [])).toBe(0)
})
