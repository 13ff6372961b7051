import { describe, expect, test } from '@jest/globals'
import { MAX_LABEL_WORDS, stripLeaders, stripNumber, tidyLabel, tokenF1 } from './label.js'

describe('tokenF1', () => {
  test('ignores case, punctuation and accents', () => {
    expect(tokenF1('Teléfono (home)', 'telefono HOME')).toBe(1)
  })
  test('counts a repeated word only as often as both have it', () => {
    expect(tokenF1('name name', 'name')).toBeCloseTo(2 / 3)
  })
  test('of a text without words and a label is zero', () => {
    expect(tokenF1('...', 'name')).toBe(0)
  })
})

describe('tidyLabel', () => {
  test.each([
    ['4a  Name of applicant: ', 'Name of applicant'],
    ['(b) Mailing address (see instructions)', 'Mailing address'],
    ['12. Total wages . . . . . . . . .', 'Total wages'],
    ['Date of birth (mm/dd/yyyy)', 'Date of birth'],
    ['Enter your county of residence', 'County of residence'],
    ['Add lines 1 through 4. Total income', 'Total income'],
    ['Signature ________________', 'Signature'],
    ['Name (Last, First)', 'Name (Last, First)'],
    ['2019 income', '2019 income'],
    ['A child with a disability', 'A child with a disability'],
    ['Check the appropriate box for kind of vessel', 'Kind of vessel'],
    ['Mark one of the following boxes to show your rank or station', 'Rank or station'],
    ['Check the box that applies', 'Check the box that applies'],
    ['Check number', 'Check number'],
    ['People who live aboard', 'People who live aboard'],
    ['Name of each member of the crew of the vessel that was aboard when it sank', 'Name of each member of the crew of the vessel'],
    ['Berth number, if you have one', 'Berth number'],
    ['Fecha de salida, si la sabe / Sailing date', 'Sailing date'],
    ['Port / Puerto', 'Port / Puerto'],
    ['Owner / Skipper', 'Owner / Skipper'],
    ['', ''],
  ])('makes of %j the label %j', (printed, label) => {
    expect(tidyLabel(printed)).toBe(label)
  })
  test('never exceeds the longest label', () => {
    expect(tidyLabel('word '.repeat(60)).split(' ')).toHaveLength(MAX_LABEL_WORDS)
  })
})

test('a number that is the whole caption stays', () => {
  expect(stripNumber('12.')).toBe('12.')
})
test('leaders go, a decimal point stays', () => {
  expect(stripLeaders('Rate 2.5 . . . . 7')).toBe('Rate 2.5 7')
})
