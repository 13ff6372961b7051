import { draw } from '../describe/test-form.js'

/** A form with so many boxes to fill in, three a line: eight to a window. 150 fill a page. */
export async function berths(count: number): Promise<Uint8Array> {
  const document = await draw((on) => {
    for (let i = 0; i < count; i++) {
      const [x, y] = [40 + 180 * (i % 3), 60 + 14 * Math.floor(i / 3)]
      on.print(x, y, `Berth ${i + 1}:`)
      on.text(`berth${i}`, x + 60, y - 9, 100, 11)
    }
  })
  return document.save()
}
