import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { DataCollectionSpec, FieldMapping, FormDescription } from '../../contracts/index.js'
import { correct, CorrectionRefused } from './correct.js'
import { fillMappingOf, jsonSchemaOf } from './downloads.js'

const spec: DataCollectionSpec = {
  id: 'parking',
  title: 'Parking permit',
  groups: [
    {
      id: 'you',
      title: 'You',
      requirements: [
        { id: 'full-name', fieldName: 'fullName', label: 'Full name', fieldType: 'text', required: true, sensitivity: 'pii' },
        { id: 'county', fieldName: 'county', label: 'County', fieldType: 'choice', required: false },
      ],
    },
    {
      id: 'car',
      title: 'Car',
      requirements: [{ id: 'doors', fieldName: 'doors', label: 'Doors', fieldType: 'number', required: false, helpText: 'How many' }],
    },
  ],
}
const mapping: FieldMapping = {
  fullName: [{ name: 'n', page: 1, index: 0 }],
  county: [{ name: 'c', page: 1, index: 1 }],
  doors: [],
}
const marker = { page: 1, rect: { x: 0, y: 0, width: 1, height: 1 }, neighbours: {} }
const description: FormDescription = {
  version: 1,
  title: 'Parking permit',
  flat: false,
  pages: [],
  markers: [
    { ...marker, id: 1, kind: 'text', index: 0, name: 'n' },
    { ...marker, id: 2, kind: 'choice', index: 1, name: 'c', options: ['North', 'South', ' '] },
  ],
}

describe('the JSON Schema', () => {
  const schema = jsonSchemaOf(spec, mapping, description)

  test('accepts what the form asks for and nothing else', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    const validate = ajv.compile(schema)
    expect(validate({ fullName: 'A', county: 'North', doors: 4 })).toBe(true)
    expect(validate({ county: 'North' })).toBe(false)
    expect(validate({ fullName: 'A', county: 'East' })).toBe(false)
    expect(validate({ fullName: 'A', doors: 'four' })).toBe(false)
    expect(validate({ fullName: 'A', shoes: 2 })).toBe(false)
  })

  test('keeps label, group, help and sensitivity', () => {
    expect(schema).toMatchObject({
      title: 'Parking permit',
      required: ['fullName'],
      properties: {
        fullName: { title: 'Full name', 'x-group': 'You', 'x-sensitivity': 'pii' },
        doors: { description: 'How many', 'x-sensitivity': 'low' },
      },
    })
  })
})

test('the mapping tells for each field which widgets take its value', () => {
  expect(fillMappingOf(spec, mapping, 'f'.repeat(64))).toEqual({
    version: 1,
    pdf: 'f'.repeat(64),
    fields: {
      fullName: { label: 'Full name', fieldType: 'text', widgets: [{ name: 'n', page: 1, index: 0 }] },
      county: { label: 'County', fieldType: 'choice', widgets: [{ name: 'c', page: 1, index: 1 }] },
      doors: { label: 'Doors', fieldType: 'number', widgets: [] },
    },
  })
})

describe('a correction', () => {
  const form = (changes: Record<string, string | undefined> = {}): Record<string, unknown> => {
    const all = spec.groups.flatMap((group) => group.requirements.map((r) => ({ r, group: group.id })))
    const fields = all.flatMap(({ r, group }, at) => [
      [`label.${at}`, r.label],
      [`fieldName.${at}`, r.fieldName],
      [`fieldType.${at}`, r.fieldType],
      [`sensitivity.${at}`, r.sensitivity ?? 'low'],
      [`helpText.${at}`, r.helpText ?? ''],
      [`group.${at}`, group],
      ...(r.required ? [[`required.${at}`, 'on']] : []),
    ])
    return { ...Object.fromEntries(fields), title: spec.title, ...changes }
  }

  test('that changes nothing gives the same spec', () => {
    expect(correct(spec, mapping, form())).toEqual({ spec, mapping })
  })

  test('renames, retypes, moves and leaves out fields, and their widgets follow', () => {
    const { spec: after, mapping: bound } = correct(
      spec,
      mapping,
      form({
        'label.0': ' Name ',
        'fieldName.0': 'name',
        'fieldType.0': 'longText',
        'required.0': undefined,
        'group.0': 'car',
        'remove.2': 'on',
        'title.car': 'Vehicle',
      }),
    )
    expect(after.groups.map((g) => [g.title, g.requirements.map((r) => r.fieldName)])).toEqual([
      ['You', ['county']],
      ['Vehicle', ['name']],
    ])
    expect(after.groups[1]!.requirements[0]).toMatchObject({ label: 'Name', fieldType: 'longText', required: false })
    expect(bound).toEqual({ name: mapping.fullName, county: mapping.county })
  })

  test.each([
    ['an empty label', { 'label.1': '  ' }, /^County: label: the label is empty/],
    ['a field type that is none', { 'fieldType.0': 'poem' }, /^Full name: fieldType/],
    ['two fields of one name', { 'fieldName.1': 'fullName' }, /^Two fields are called fullName/],
    ['a field name with a blank', { 'fieldName.1': 'the county' }, /camelCase/],
    ['a group that is not there', { 'group.1': 'boat' }, /^County: there is no group boat/],
    ['an empty title', { title: ' ' }, /^title/],
  ])('with %s is refused, naming it', (_, changes, message) => {
    expect(() => correct(spec, mapping, form(changes))).toThrow(message)
    expect(() => correct(spec, mapping, form(changes))).toThrow(/Nothing was saved/)
    expect(() => correct(spec, mapping, form(changes))).toThrow(CorrectionRefused)
  })
})
