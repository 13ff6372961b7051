import { readFile } from 'node:fs/promises'
import { PriceTable } from '../contracts/index.js'

let table: Promise<PriceTable> | undefined

/** Dated list prices, from prices.json beside this file. */
export const readPrices = (): Promise<PriceTable> =>
  (table ??= readFile(new URL('./prices.json', import.meta.url), 'utf8').then((text) => PriceTable.parse(JSON.parse(text))))
