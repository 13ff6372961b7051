import { readFile } from 'node:fs/promises'
import { CARD, countsTable, withCounts } from './dataset-card.js'

test('the dataset card counts what is there', async () => {
  const card = await readFile(CARD, 'utf8')
  expect(withCounts(card, await countsTable())).toBe(card)
})
