import { describe, expect, test } from '@jest/globals'
import { degrees, StandardFonts } from '@cantoo/pdf-lib'
import { FormDescription } from '../../contracts/description.js'
import { describeForm } from './index.js'
import { addLinkFirst, draw, nextPage, pdfOf } from './test-form.js'

describe('markers', () => {
  test('keep their place among all annotations and leave out what nobody fills in', async () => {
    const pdf = await pdfOf((on) => {
      on.print(40, 100, 'Name:')
      on.text('name', 80, 90, 100, 14)
      on.text('empty', 80, 120, 0, 0)
      on.text('outside', 700, 90, 100, 14)
      on.document.getForm().createButton('print').addToPage('Print', on.page, { x: 40, y: 40, width: 60, height: 20 })
      on.print(40, 160, 'Place:')
      on.text('place', 80, 150, 100, 14)
      addLinkFirst(on)
    })
    const { markers } = await describeForm(pdf)
    expect(markers.map(({ name, index, id }) => ({ name, index, id }))).toEqual([
      { name: 'name', index: 1, id: 1 },
      { name: 'place', index: 5, id: 2 },
    ])
  })

  test('of one field with two widgets are both there', async () => {
    const document = await draw((on) => {
      on.print(40, 100, 'Permit no.')
      on.text('permit', 100, 90, 100, 14)
      on.document.getForm().getTextField('permit').addToPage(on.page, { x: 100, y: 500, width: 100, height: 14 })
    })
    const { markers } = await describeForm(await document.save())
    expect(markers.map((m) => m.name)).toEqual(['permit', 'permit'])
    expect(markers.map((m) => m.index)).toEqual([0, 1])
  })

  test('are measured from the top left of the page as its print reads', async () => {
    const document = await draw((on) => {
      on.print(40, 100, 'Name:')
      on.text('name', 80, 90, 100, 14)
      on.page.setRotation(degrees(90))
    })
    const { pages, markers } = await describeForm(await document.save())
    expect(pages[0]).toMatchObject({ width: 612, height: 792 })
    expect(markers[0]!.rect).toMatchObject({ x: 80, y: 90, width: 100, height: 14 })
  })

  test('of a page that is printed sideways and turned by its reader are too', async () => {
    const document = await draw((on) => {
      on.page.drawText('Name:', { x: 100, y: 40, size: 9, rotate: degrees(90) })
      on.document.getForm().createTextField('name').addToPage(on.page, { x: 92, y: 80, width: 14, height: 100, borderWidth: 0 })
      on.page.setRotation(degrees(90))
    })
    const { pages, markers } = await describeForm(await document.save())
    expect(pages[0]).toMatchObject({ width: 792, height: 612 })
    expect(markers[0]).toMatchObject({ rect: { x: 80, y: 92, width: 100, height: 14 }, neighbours: { left: 'Name:' } })
  })

  test('are numbered column by column where rows do not match', async () => {
    const { markers } = await describeForm(
      await pdfOf((on) => {
        for (let i = 0; i < 5; i++) {
          on.print(40, 100 + 33 * i, `Left ${'abcde'[i]}`)
          on.text(`l${i}`, 100, 90 + 33 * i, 150, 14)
          on.print(330, 113 + 31 * i, `Right ${'abcde'[i]}`)
          on.text(`r${i}`, 390, 103 + 31 * i, 150, 14)
        }
      }),
    )
    expect(markers.map((m) => m.name).join(' ')).toBe('l0 l1 l2 l3 l4 r0 r1 r2 r3 r4')
  })

  test('are numbered row by row in a grid', async () => {
    const { markers } = await describeForm(
      await pdfOf((on) => {
        for (let i = 0; i < 5; i++) {
          on.print(40, 100 + 33 * i, `Left ${'abcde'[i]}`)
          on.text(`l${i}`, 100, 90 + 33 * i, 150, 14)
          on.print(330, 100 + 33 * i, `Right ${'abcde'[i]}`)
          on.text(`r${i}`, 390, 90 + 33 * i, 150, 14)
        }
      }),
    )
    expect(markers.map((m) => m.name).join(' ')).toBe('l0 r0 l1 r1 l2 r2 l3 r3 l4 r4')
  })
})

describe('sections', () => {
  test('are the headings that say Part, and last over the page end', async () => {
    const pdf = await pdfOf(async (on) => {
      on.print(200, 50, 'Mooring Application', { size: 16, bold: true })
      on.print(40, 90, 'Part I', { bold: true })
      on.print(90, 90, 'The Vessel', { bold: true })
      on.print(40, 120, 'Length:')
      on.text('length', 100, 110, 100, 14)
      on.print(40, 160, 'Part II', { bold: true })
      on.print(90, 160, 'The Berth', { bold: true })
      on.print(40, 190, 'Pier:')
      on.text('pier', 100, 180, 100, 14)
      const fonts = {
        regular: await on.document.embedFont(StandardFonts.Helvetica),
        bold: await on.document.embedFont(StandardFonts.HelveticaBold),
      }
      const second = nextPage(on, fonts)
      second.print(40, 100, 'Slip:')
      second.text('slip', 100, 90, 100, 14)
    })
    const { title, markers } = await describeForm(pdf)
    expect(title).toBe('Mooring Application')
    expect(markers.map((m) => m.neighbours.section)).toEqual(['Part I The Vessel', 'Part II The Berth', 'Part II The Berth'])
  })

  test('in a narrow column beside their rows are read whole', async () => {
    const pdf = await pdfOf((on) => {
      on.print(100, 40, 'Claim for Lost Gear', { size: 16 })
      for (const [i, line] of ['Step 1:', 'Tell us', 'about the', 'vessel'].entries()) on.print(40, 100 + 11 * i, line, { bold: true })
      on.print(140, 100, 'Name of vessel', { size: 7 })
      on.text('vessel', 140, 103, 200, 14)
      on.print(140, 128, 'Home port', { size: 7 })
      on.text('port', 140, 131, 200, 14)
      for (const [i, line] of ['Step 2:', 'List what', 'was lost'].entries()) on.print(40, 200 + 11 * i, line, { bold: true })
      on.print(140, 200, 'Pots lost', { size: 7 })
      on.text('pots', 140, 203, 200, 14)
    })
    const { markers } = await describeForm(pdf)
    expect(markers.map((m) => m.neighbours.section)).toEqual([
      'Step 1: Tell us about the vessel',
      'Step 1: Tell us about the vessel',
      'Step 2: List what was lost',
    ])
  })

  test('are known by what stands before an explanation', async () => {
    const pdf = await pdfOf((on) => {
      on.print(100, 40, 'Claim for Lost Gear', { size: 16 })
      on.print(40, 100, 'Section 1. Vessel and Owner: skippers must complete this section on the day of the loss.', { bold: true })
      on.print(40, 130, 'Name of vessel')
      on.text('vessel', 140, 121, 200, 14)
    })
    expect((await describeForm(pdf)).markers[0]!.neighbours.section).toBe('Section 1. Vessel and Owner')
  })

  test('without Part are the largest style; smaller headings title lists within', async () => {
    const { markers } = await describeForm(
      await pdfOf((on) => {
        on.print(200, 50, 'Mooring Application Form', { size: 18, bold: true })
        for (const [i, heading] of ['Vessel', 'Berth'].entries()) {
          on.print(40, 100 + 100 * i, `${heading} details`, { size: 13, bold: true })
          on.print(40, 120 + 100 * i, 'What you told us', { bold: true })
          on.print(40, 140 + 100 * i, 'Remarks:')
          on.text(heading, 100, 130 + 100 * i, 300, 14)
        }
      }),
    )
    expect(markers.map((m) => m.neighbours.section)).toEqual(['Vessel details', 'Berth details'])
  })
})

describe('hints', () => {
  const paint = () =>
    pdfOf((on) => {
      on.print(40, 100, 'Name:')
      on.text('form1.ownerName', 80, 90, 100, 14, 'Name of the owner')
      on.text('form1.Text12', 80, 120, 100, 14)
    })

  test('are the tooltip and a field name in words', async () => {
    const { markers } = await describeForm(await paint())
    expect(markers.map((m) => m.hint)).toEqual([{ tooltip: 'Name of the owner', fieldName: 'owner Name' }, undefined])
  })

  test('are left out on request, the name that binds stays', async () => {
    const { markers } = await describeForm(await paint(), { hints: false })
    expect(markers.every((m) => m.hint === undefined)).toBe(true)
    expect(markers[0]!.name).toBe('form1.ownerName')
    expect(JSON.stringify(markers)).not.toContain('Name of the owner')
  })
})

test('a description has the shape of its contract, and its lines carry the markers', async () => {
  const description = await describeForm(
    await pdfOf((on) => {
      on.print(40, 100, 'Name:')
      on.text('name', 80, 90, 100, 14)
    }),
  )
  expect(FormDescription.parse(description)).toEqual(description)
  expect(description.pages[0]!.lines.map((line) => line.text)).toEqual(['Name: [1]'])
})

test('a signature line without a widget is a field on paper', async () => {
  const { markers } = await describeForm(
    await pdfOf((on) => {
      on.print(40, 100, 'Name:')
      on.text('name', 80, 90, 100, 14)
      on.rule(40, 200, 260, 200)
      on.print(40, 209, 'Signature of master', { size: 7 })
    }),
  )
  expect(markers[1]).toMatchObject({ kind: 'signature', index: -1, paperOnly: true, neighbours: { below: 'Signature of master' } })
})

test('a flat form is filled in on its lines, boxes and underscores', async () => {
  const description = await describeForm(
    await pdfOf((on) => {
      on.print(40, 100, 'Name of applicant: ____________________')
      on.print(40, 130, 'Port of registry')
      on.rule(120, 131, 300, 131)
      on.frame(40, 160, 10, 10)
      on.print(56, 168, 'I am the owner')
      on.frame(40, 190, 200, 30)
      on.print(43, 199, 'Call sign')
      on.rule(40, 260, 240, 260)
      on.print(40, 269, 'Signature of applicant', { size: 7 })
    }),
  )
  expect(description.flat).toBe(true)
  const found = description.markers.map(({ kind, index, neighbours: n }) => [kind, index, n.left ?? n.right ?? n.above ?? n.below])
  expect(found).toEqual([
    ['text', -1, 'Name of applicant:'],
    ['text', -1, 'Port of registry'],
    ['check', -1, 'I am the owner'],
    ['text', -1, 'Call sign'],
    ['signature', -1, 'Signature of applicant'],
  ])
})
