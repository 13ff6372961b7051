import { expect, test } from '@jest/globals'
import { SharedBudget } from './sweep-budget.js'

const three = (): SharedBudget =>
  new SharedBudget({ dollars: 8, hours: 4 }, [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ])

test('each that starts gets its part by weight, and all parts together are the approval', () => {
  const budget = three()
  const shares = ['a', 'b', 'c'].map((name) => budget.open(name))
  expect(shares).toEqual([
    { dollars: 2, hours: 1 },
    { dollars: 2, hours: 1 },
    { dollars: 4, hours: 2 },
  ])
})

test('what a stopped one left goes to those that start later, never more than is left', () => {
  const budget = three()
  budget.open('a')
  budget.close('a', { dollars: 0.5, hours: 0.25 })
  expect(budget.open('b')).toEqual({ dollars: 2.5, hours: 1.25 })
  expect(budget.open('c')).toEqual({ dollars: 5, hours: 2.5 })
})

test('one that cost more than its part leaves less, and never less than nothing', () => {
  const budget = three()
  budget.open('a')
  budget.close('a', { dollars: 9, hours: 1 })
  expect(budget.open('b').dollars).toBe(0)
})

test('parts of a third are rounded down, so that they never add up to more than the whole', () => {
  const names = ['a', 'b', 'c']
  const budget = new SharedBudget(
    { dollars: 1, hours: 1 },
    names.map((name) => [name, 1] as const),
  )
  expect(names.map((name) => budget.open(name).dollars).reduce((sum, dollars) => sum + dollars, 0)).toBeLessThanOrEqual(1)
})
