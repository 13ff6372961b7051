import { describe, expect, test } from '@jest/globals'
import type { Marker, Neighbours } from '../../contracts/description.js'
import { subjectOf } from './rules/subject.js'
import { answerByRules } from './rules-v1.js'

let id = 0
const marker = (neighbours: Neighbours, more: Partial<Marker> = {}): Marker => ({
  id: ++id,
  kind: 'text',
  page: 1,
  index: id,
  name: `f${id}`,
  rect: { x: 100, y: 100, width: 150, height: 14 },
  neighbours,
  ...more,
})
const answer = (markers: Marker[], section = '') => answerByRules({ id: 'w1', formTitle: 'Mooring Application', section, markers })
const one = (neighbours: Neighbours, more?: Partial<Marker>) => answer([marker(neighbours, more)]).fields[0]!
const at = (x: number, width = 40): Pick<Marker, 'rect'> => ({ rect: { x, y: 100, width, height: 14 } })

describe('labels', () => {
  test('are the tidied caption nearest to the widget', () => {
    expect(one({ left: '4a Name of vessel (see instructions):', lineStart: 'Owner' }).label).toBe('Name of vessel')
  })
  test('of table cells join row and column', () => {
    expect(one({ columnHeader: '(b) Closing stock', rowHeader: 'Hake' }).label).toBe('Hake Closing stock')
  })
  test('of a list of states is State, whatever stands around it', () => {
    const options = ['AK', 'AL', 'AR', 'AZ', 'CA', 'CO', 'CT', 'DE', 'FL', 'GA']
    expect(one({ left: 'City' }, { kind: 'choice', options }).label).toBe('State')
    expect(one({ left: 'Flag' }, { kind: 'choice', options: ['Red', 'Blue'] }).label).toBe('Flag')
  })
  test('come from a hint where nothing is printed', () => {
    expect(one({}, { hint: { tooltip: 'Name of skipper.' } }).label).toBe('Name of skipper')
    expect(one({ left: 'Owner' }, { hint: { tooltip: 'Name of skipper.' } }).label).toBe('Owner')
  })
  test('fall back on the section', () => {
    expect(answer([marker({})], 'Part II — Detailed Explanation').fields[0]!.label).toBe('Detailed Explanation')
  })
})

describe('types', () => {
  test.each([
    ['Date of survey', {}, 'date'],
    ['Daytime telephone', {}, 'phone'],
    ['E-mail address', {}, 'email'],
    ['Number of pots', {}, 'number'],
    ['Number of people who sleep aboard', {}, 'number'],
    ['Mooring fee', {}, 'currency'],
    ['Tax identification number', {}, 'text'],
    ['Social security number', { comb: true, maxLength: 9 }, 'text'],
    ['Describe the damage', { multiline: true, rect: { x: 0, y: 0, width: 300, height: 80 } }, 'longText'],
    ['Port', { kind: 'choice' }, 'choice'],
    ['I agree', { kind: 'check' }, 'boolean'],
    ['Licence valid until', {}, 'date'],
    ['Skipper and phone', {}, 'text'],
    ['Length overall (ft.)', {}, 'number'],
    ['Days at sea', {}, 'number'],
    ['Amount', {}, 'currency'],
    ['Berth permit issued', {}, 'date'],
    ['Year the hull was built', {}, 'number'],
    ['Saturday begin', { neighbours: { columnHeader: 'Begin', rowHeader: 'Saturday' } }, 'text'],
  ] as [string, Partial<Marker>, string][])('of %j %j is %s', (left, more, type) => {
    expect(one({ left }, more).fieldType).toBe(type)
  })
  test('follow a currency sign at the widget', () => {
    expect(one({ left: 'Line 4 less line 3', inside: '$' }).fieldType).toBe('currency')
  })
})

describe('sensitivity', () => {
  test.each([
    ['Name of skipper', 'applicant', 'pii'],
    ['Bank account number', 'applicant', 'high'],
    ['Monthly wages', 'person', 'medium'],
    ['Monthly wages', 'organization', 'low'],
    ['Mailing address', 'applicant', 'pii'],
    ['Mailing address', 'organization', 'low'],
    ['Employer identification number', 'organization', 'low'],
    ['Date signed', 'person', 'low'],
    ['Harbour surveyor', 'applicant', 'pii'],
    ['Seal number', 'applicant', 'low'],
    ["Licensee's signature", 'applicant', 'pii'],
    ['Fisher ID', 'applicant', 'pii'],
    ['Cause of death', 'person', 'high'],
    ['Trade-in value', 'person', 'low'],
  ] as const)('of %j for %s is %s', (left, subject, sensitivity) => {
    const window = { id: 'w1', formTitle: 'Mooring Application', subject, section: '', markers: [marker({ left })] }
    expect(answerByRules(window).fields[0]!.sensitivity).toBe(sensitivity)
  })
})

test.each([
  ['Household income, wages of your spouse, date of birth', 'person'],
  ['Trade name, taxpayer number, gross receipts of the company', 'organization'],
  ['Name of vessel, berth wanted', 'applicant'],
])('a form that prints %j is about one that is: %s', (text, subject) => {
  expect(subjectOf({ pages: [{ page: 1, width: 612, height: 792, lines: [{ text, y: 100 }] }] })).toBe(subject)
})

describe('one field', () => {
  test('are boxes that answer one question', () => {
    const { fields } = answer(['Trawl', 'Pot'].map((right) => marker({ right, lead: 'Gear used:' }, { kind: 'check' })))
    expect(fields).toMatchObject([{ label: 'Gear used', fieldType: 'choice', markers: [expect.any(Number), expect.any(Number)] }])
  })
  test('are yes and no side by side', () => {
    const { fields } = answer(['Yes', 'No'].map((right, i) => marker({ right }, { kind: 'check', ...at(100 + 50 * i, 9) })))
    expect(fields).toHaveLength(1)
  })
  test('are the columns yes and no of a table of questions, row by row', () => {
    const question = (rowHeader: string, y: number) =>
      ['Yes', 'No'].map((columnHeader, i) =>
        marker({ columnHeader, rowHeader }, { kind: 'check', rect: { x: 500 + 30 * i, y, width: 8, height: 8 } }),
      )
    const { fields } = answer([...question('Is the hull sound?', 100), ...question('Is the mast stepped?', 112)])
    expect(fields.map(({ label, fieldType }) => [label, fieldType])).toEqual([
      ['Is the hull sound?', 'choice'],
      ['Is the mast stepped?', 'choice'],
    ])
  })
  test('are no below yes, and not boxes of a list', () => {
    const below = (captions: string[]) =>
      captions.map((left, i) => marker({ left }, { kind: 'check', rect: { x: 100 + 3 * i, y: 100 + 14 * i, width: 10, height: 10 } }))
    expect(answer(below(['Yes', 'No'])).fields).toHaveLength(1)
    expect(answer(below(['Net', 'Pot'])).fields).toHaveLength(2)
  })
  test('are the parts of a date', () => {
    const parts = ['Month', 'Day', 'Year'].map((below, i) => marker({ below, lead: 'Launched on' }, at(100 + 50 * i)))
    expect(answer(parts).fields).toMatchObject([{ label: 'Launched on' }])
  })
  test('are the parts of a date whose first stands behind what they are about', () => {
    const parts = [marker({ left: 'Launched on' }, at(100)), marker({ below: 'Day', lead: 'Launched on' }, at(150))]
    expect(answer(parts).fields).toMatchObject([{ label: 'Launched on', markers: parts.map((m) => m.id) }])
  })
  test('are bare boxes in a row under one caption', () => {
    const boxes = [100, 130].map((x) => marker({ columnHeader: 'Rig' }, { kind: 'check', ...at(x, 9) }))
    expect(answer(boxes).fields).toMatchObject([{ label: 'Rig', fieldType: 'choice' }])
    expect(answer(boxes.map((box, i) => ({ ...box, neighbours: { columnHeader: `Rig ${'AB'[i]}` } }))).fields).toHaveLength(2)
  })
  test('are dollars and cents', () => {
    const cells = [marker({ left: 'Mooring fee' }, at(100, 80)), marker({ lineStart: 'Mooring fee' }, at(182, 20))]
    expect(answer(cells).fields).toMatchObject([{ label: 'Mooring fee', fieldType: 'currency' }])
  })
  test('are not two captioned boxes side by side', () => {
    expect(answer([marker({ left: 'Telephone' }, at(100)), marker({ left: 'Fax' }, at(160))]).fields).toHaveLength(2)
  })
})

test('an asterisk makes a field required', () => {
  expect(one({ left: 'Name *' }).required).toBe(true)
  expect(one({ left: 'Name' }).required).toBe(false)
})

test('every marker is in exactly one field', () => {
  const markers = [
    marker({ left: 'A thing' }),
    marker({ right: 'Yes' }, { kind: 'check' }),
    marker({}),
    marker({ lead: 'Why?' }, { kind: 'radio' }),
  ]
  const covered = answer(markers).fields.flatMap((field) => field.markers)
  expect(covered.sort((a, b) => a - b)).toEqual(markers.map((m) => m.id))
})
