import { expect, test } from '@jest/globals'
import { Race } from './sweep-race.js'

const rules = { afterShare: 0.3, margin: 0.05 }
/** Reports of a training of 100 steps up to a step, its loss by the share of the way. */
function run(race: Race, name: string, upTo: number, loss: (share: number) => number): void {
  for (let step = 5; step <= upTo; step += 5) race.report(name, { step, steps: 100, loss: loss(step / 100) })
}

test('a training that is worse by the margin at the same part of the way is stopped, with both losses', () => {
  const race = new Race(rules)
  run(race, 'good', 60, () => 1)
  run(race, 'bad', 30, () => 1.2)
  expect(race.verdict('bad')).toEqual({ share: 0.3, loss: 1.2, against: 'good', best: 1 })
  expect(race.verdict('good')).toBeNull()
})

test('nobody is stopped before the share, within the margin, or ahead of everybody else', () => {
  const race = new Race(rules)
  run(race, 'good', 25, () => 1)
  run(race, 'early', 25, () => 3)
  expect(race.verdict('early')).toBeNull()
  run(race, 'near', 25, () => 1.04)
  run(race, 'ahead', 50, () => 3)
  expect([race.verdict('near'), race.verdict('ahead')]).toEqual([null, null])
})

test('a loss is compared where the other one was then, not where it is now', () => {
  const race = new Race(rules)
  run(race, 'done', 100, (share) => 2 - share)
  run(race, 'slow', 40, (share) => 2 - share)
  expect(race.verdict('slow')).toBeNull()
})

test('one bad batch does not end a training, and a finished one is not stopped', () => {
  const race = new Race(rules)
  run(race, 'good', 100, () => 1)
  run(race, 'spike', 40, (share) => (share === 0.4 ? 1.15 : 1))
  expect(race.verdict('spike')).toBeNull()
  run(race, 'done', 100, () => 3)
  expect(race.verdict('done')).toBeNull()
})

test('a training of fewer steps than parts is compared by what it reported', () => {
  const race = new Race(rules)
  for (const [name, loss] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    for (let step = 1; step <= 3; step++) race.report(name, { step, steps: 6, loss })
  expect(race.verdict('b')).toMatchObject({ share: 0.5, against: 'a' })
})
