import { deflateSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { refuseBombs } from './bombs.js'

const MIB = 2 ** 20
const pdf = (...streams: Uint8Array[]) =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from('%PDF-1.7\n'),
      ...streams.flatMap((data) => [Buffer.from('<< >>\nstream\n'), data, Buffer.from('\nendstream\n')]),
    ]),
  )
const packed = (mib: number, byte = 32) => deflateSync(Buffer.alloc(mib * MIB, byte))
const LIMITS = { stream: 2 * MIB, all: 6 * MIB }
const TOO_MUCH = 3
/** As every deflated stream begins. */
const ZLIB = 0x78

describe('refused before it is unpacked is', () => {
  test.each<[string, () => Uint8Array]>([
    ['a stream of too much', () => pdf(packed(TOO_MUCH))],
    ['one that is packed twice', () => pdf(deflateSync(packed(TOO_MUCH)))],
    ['one that is packed four times', () => pdf([1, 2, 3].reduce((data) => deflateSync(data), packed(TOO_MUCH)))],
    ['one that only looks packed twice', () => pdf(packed(TOO_MUCH, ZLIB))],
    ['one that hides behind a small stream', () => pdf(deflateSync(Buffer.concat([packed(0), Buffer.alloc(TOO_MUCH * MIB)])))],
    ['many that are too much together', () => pdf(...Array.from({ length: 6 }, () => packed(1.5)))],
    ['one without an end', () => pdf(packed(TOO_MUCH)).slice(0, -20)],
  ])('%s', async (_, make) => {
    await expect(refuseBombs(make(), LIMITS)).rejects.toMatchObject({ code: 'too-large' })
  })
})

test('ordinary, cut and broken streams pass', async () => {
  const cut = packed(1).subarray(0, 500)
  const broken = Buffer.concat([Buffer.from([ZLIB, 0x9c]), Buffer.alloc(5000, 7)])
  await expect(refuseBombs(pdf(packed(1), deflateSync(packed(1)), cut, broken, Buffer.from('q Q')), LIMITS)).resolves.toBeUndefined()
})

test('what comes out is counted, not kept', async () => {
  const bomb = pdf(packed(30), packed(30), packed(30), packed(30))
  const before = process.memoryUsage.rss()
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss() - before)
  }, 1)
  await refuseBombs(bomb)
  clearInterval(watch)
  expect(most / MIB).toBeLessThan(40)
})
