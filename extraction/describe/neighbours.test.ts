import { describe, expect, test } from '@jest/globals'
import type { Marker } from '../../contracts/description.js'
import { describeForm } from './index.js'
import { type Drawing, pdfOf } from './test-form.js'

async function markersOf(paint: (on: Drawing) => void): Promise<Map<string, Marker>> {
  const { markers } = await describeForm(await pdfOf(paint))
  return new Map(markers.map((marker) => [marker.name, marker]))
}

describe('captions', () => {
  test('in the same ruled cell win over the next cell', async () => {
    const markers = await markersOf((on) => {
      on.frame(40, 100, 260, 34)
      on.frame(300, 100, 260, 34)
      on.print(43, 110, 'Name of vessel')
      on.print(303, 110, 'Home port')
      on.text('vessel', 42, 114, 256, 18)
      on.text('port', 302, 114, 256, 18)
    })
    expect(markers.get('vessel')!.neighbours).toMatchObject({ above: 'Name of vessel' })
    expect(markers.get('port')!.neighbours).toMatchObject({ above: 'Home port' })
    expect(Object.values(markers.get('port')!.neighbours)).not.toContain('Name of vessel')
  })

  test('that wrap over two lines up to a dot leader are one phrase, the leader gone', async () => {
    const markers = await markersOf((on) => {
      on.print(40, 100, '7')
      on.print(60, 100, 'Landings of the season, whole weight, from the tally')
      on.print(60, 111, 'sheets of every buyer . . . . . . . . . . . . . . . . . .')
      on.rule(470, 80, 470, 120)
      on.rule(490, 80, 490, 120)
      on.print(475, 111, '7')
      on.text('landings', 492, 102, 70, 12)
    })
    expect(markers.get('landings')!.neighbours.left).toBe('Landings of the season, whole weight, from the tally sheets of every buyer')
  })

  test('of the numbered line above do not run into the next one', async () => {
    const markers = await markersOf((on) => {
      on.print(40, 100, '1')
      on.print(60, 100, 'Pots set')
      on.print(40, 111, '2')
      on.print(60, 111, 'Pots lost')
      on.text('set', 300, 92, 70, 9)
      on.text('lost', 300, 103, 70, 9)
    })
    expect(markers.get('set')!.neighbours.left).toBe('Pots set')
    expect(markers.get('lost')!.neighbours.left).toBe('Pots lost')
  })

  test('under their lines are told from captions above', async () => {
    const markers = await markersOf((on) => {
      for (const [name, y] of [
        ['Skipper', 120],
        ['Owner', 150],
        ['Buyer', 180],
      ] as const) {
        on.text(name, 40, y - 16, 200, 15)
        on.rule(40, y, 240, y)
        on.print(40, y + 8, name, { size: 7 })
      }
    })
    for (const name of ['Skipper', 'Owner', 'Buyer']) expect(markers.get(name)!.neighbours.below).toBe(name)
    expect(markers.get('Owner')!.neighbours.above).toBeUndefined()
  })

  test('that are numbered initials are captions, a line number alone is not', async () => {
    const markers = await markersOf((on) => {
      on.print(43, 100, '(4) M.I.', { size: 7 })
      on.text('initial', 40, 103, 60, 14)
      on.print(203, 100, '12b', { size: 7 })
      on.text('bare', 200, 103, 60, 14)
    })
    expect(markers.get('initial')!.neighbours.above).toBe('(4) M.I.')
    expect(markers.get('bare')!.neighbours.above).toBeUndefined()
  })

  test('of a list of boxes behind their captions share the question beside the first row', async () => {
    const markers = await markersOf((on) => {
      on.print(40, 100, 'The vessel is')
      const rows = [
        ['owned', 'Owned by you', 200, 260],
        ['leased', 'Leased', 200, 232],
        ['borrowed', 'Borrowed from kin', 200, 278],
      ] as const
      for (const [i, [name, caption, x, box]] of rows.entries()) {
        on.print(x, 100 + 13 * i, caption)
        on.check(name, box, 92 + 13 * i)
      }
    })
    for (const name of ['owned', 'leased', 'borrowed']) expect(markers.get(name)!.neighbours.lead).toBe('The vessel is')
  })

  test('with a currency sign or a cents column are marked as amounts', async () => {
    const markers = await markersOf((on) => {
      on.print(40, 100, 'Fee')
      on.print(150, 100, '$')
      on.text('fee', 160, 90, 60, 12)
    })
    expect(markers.get('fee')!.neighbours).toMatchObject({ left: 'Fee', inside: '$' })
  })

  test('keep head and tail of a long line', async () => {
    const words = Array.from({ length: 40 }, (_, i) => `w${String.fromCharCode(97 + (i % 26))}${i < 26 ? 'xx' : 'yy'}`)
    const markers = await markersOf((on) => {
      on.print(30, 100, `${words.join(' ')}:`, { size: 5 })
      on.text('long', 560, 93, 40, 9)
    })
    const left = markers.get('long')!.neighbours.left!.split(' ')
    expect(left.length).toBeLessThanOrEqual(24)
    expect(left[0]).toBe(words[0])
    expect(left.at(-1)).toBe(`${words.at(-1)}:`)
  })
})

test('cells of a table get their column and row headers', async () => {
  const markers = await markersOf((on) => {
    on.print(150, 100, '(a) Opening stock', { bold: true })
    on.print(300, 100, '(b) Closing stock', { bold: true })
    for (const [row, y] of [
      ['Cod', 110],
      ['Hake', 130],
    ] as const) {
      on.print(40, y + 12, row)
      on.frame(140, y, 150, 20)
      on.frame(290, y, 150, 20)
      on.text(`${row}.a`, 142, y + 2, 146, 16)
      on.text(`${row}.b`, 292, y + 2, 146, 16)
    }
  })
  expect(markers.get('Hake.b')!.neighbours).toMatchObject({ columnHeader: '(b) Closing stock', rowHeader: 'Hake' })
  expect(markers.get('Cod.a')!.neighbours).toMatchObject({ columnHeader: '(a) Opening stock', rowHeader: 'Cod' })
})

test('boxes of a question know their own caption and the question', async () => {
  const markers = await markersOf((on) => {
    on.print(40, 100, 'Gear used:')
    for (const [i, gear] of ['Trawl', 'Longline', 'Pot'].entries()) {
      on.check(gear, 50, 108 + 14 * i)
      on.print(64, 116 + 14 * i, gear)
    }
  })
  for (const gear of ['Trawl', 'Longline', 'Pot']) expect(markers.get(gear)!.neighbours).toMatchObject({ right: gear, lead: 'Gear used:' })
})

test('bare boxes of a grid get headers and no common question', async () => {
  const markers = await markersOf((on) => {
    on.print(200, 100, 'Never')
    on.print(300, 100, 'Often')
    for (const [row, y] of [
      ['Sails', 110],
      ['Rows', 126],
    ] as const) {
      on.print(40, y + 8, row)
      on.check(`${row}.never`, 206, y)
      on.check(`${row}.often`, 306, y)
    }
  })
  expect(markers.get('Rows.often')!.neighbours).toEqual({ columnHeader: 'Often', rowHeader: 'Rows' })
})

test('parts of one date share what they are about', async () => {
  const markers = await markersOf((on) => {
    on.print(40, 100, 'Launched on')
    for (const [i, part] of ['Month', 'Day', 'Year'].entries()) {
      on.text(part, 40 + 60 * i, 104, 50, 14)
      on.rule(40 + 60 * i, 119, 90 + 60 * i, 119)
      on.print(40 + 60 * i, 126, part, { size: 6 })
    }
  })
  for (const part of ['Month', 'Day', 'Year']) expect(markers.get(part)!.neighbours.lead).toBe('Launched on')
})
