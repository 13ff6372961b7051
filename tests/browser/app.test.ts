import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { PDFDocument } from '@cantoo/pdf-lib'
import type { Browser } from 'playwright-core'
import { DataCollectionSpec, Pair, RunProgress } from '../../contracts/index.js'
import { chromiumPath, launch, NO_BROWSER } from './chromium.js'
import { Person } from './person.js'
import { openSite, type Site } from './site.js'

const FIXTURES = fileURLToPath(new URL('../../data/fine-tuning/extraction/fixtures/', import.meta.url))
const START_MS = 400_000
const TEST_MS = 300_000
const path = chromiumPath()
if (!path) process.stderr.write(`\n${'!'.repeat(20)} ${NO_BROWSER} ${'!'.repeat(20)}\n\n`)

/** A one-page form with two fields, as somebody might have it on the desk. */
async function permitPdf(): Promise<Buffer> {
  const document = await PDFDocument.create()
  const page = document.addPage([612, 792])
  page.drawText('Parking permit application', { x: 72, y: 720, size: 16 })
  const form = document.getForm()
  for (const [i, label] of ['Full name', 'License plate'].entries()) {
    page.drawText(label, { x: 72, y: 660 - 40 * i, size: 11 })
    form.createTextField(`field${i}`).addToPage(page, { x: 180, y: 655 - 40 * i, width: 250, height: 18 })
  }
  return Buffer.from(await document.save())
}

const inBrowser = path ? describe : describe.skip
inBrowser('the app in a real browser', () => {
  let site: Site
  let browser: Browser
  let person: Person
  let title: string

  beforeAll(async () => {
    const name = (await readdir(FIXTURES)).filter((file) => file.endsWith('.json')).sort()[0]!
    title = JSON.parse(await readFile(join(FIXTURES, name), 'utf8')).spec.title
    site = await openSite()
    browser = await launch(path!)
    person = await Person.signedIn(browser, site.app)
  }, START_MS)
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  }, START_MS)
  afterEach(() => {
    expect(person?.complaints.splice(0) ?? []).toEqual([])
  })

  test(
    'a variant that cannot run says why and cannot be chosen; another one can, and stays chosen',
    async () => {
      const { page } = person
      await person.open('/settings/variants/extraction')
      const lora = page.getByRole('radio', { name: /extraction\/lora-v1/ })
      expect(await lora.isDisabled()).toBe(true)
      await page.getByText('The inference service is away').waitFor()
      await page.getByRole('radio', { name: /extraction\/rules-v1/ }).check()
      await page.getByRole('button', { name: 'Use the chosen one' }).click()
      await page.getByText('Extract now uses extraction/rules-v1').waitFor()
      await person.open('/')
      await page.getByText('Answered by extraction/rules-v1').waitFor()
    },
    TEST_MS,
  )

  test(
    'a form is uploaded, corrected, downloaded and kept as a candidate',
    async () => {
      const { page } = person
      await person.open('/')
      await page
        .getByLabel(/A fillable PDF form/)
        .setInputFiles({ name: 'permit.pdf', mimeType: 'application/pdf', buffer: await permitPdf() })
      await page.getByRole('button', { name: 'Extract', exact: true }).click()
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      await person.drawn()
      expect(await page.locator('.widget').count()).toBe(2)
      expect(await page.locator('dd', { hasText: 'extraction/rules-v1' }).count()).toBe(1)

      const label = page.locator('.field input[name^="label."]').nth(1)
      expect(await label.inputValue()).toBe('License plate')
      await label.fill('Plate of the car')
      await page.getByText('Not saved yet').waitFor()
      await page.getByRole('button', { name: 'Save corrections' }).click()
      await page.getByText('Your corrections are saved.').waitFor()

      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Spec', exact: true }).click()])
      const spec = DataCollectionSpec.parse(JSON.parse(await readFile((await download.path())!, 'utf8')))
      expect(spec.groups.flatMap((g) => g.requirements).map((r) => r.label)).toEqual(['Full name', 'Plate of the car'])
      expect(download.suggestedFilename()).toMatch(/\.spec\.json$/)

      await page.getByLabel('Kind of form').selectOption('vehicles')
      await page.getByRole('button', { name: 'Save as candidate pair' }).click()
      await page.getByText('Kept as a candidate pair').waitFor()
      const folder = join(site.app.stateDir, 'candidates')
      const [file] = await readdir(folder)
      const pair = Pair.parse(JSON.parse(await readFile(join(folder, file!), 'utf8')))
      expect(pair).toMatchObject({
        kind: 'vehicles',
        review: { state: 'candidate', by: 'owner' },
        provenance: { source: 'corrected' },
        spec,
      })
    },
    TEST_MS,
  )

  test(
    'widgets and fields light each other up, by hover and by focus',
    async () => {
      const { page } = person
      await person.extract(title)
      const field = page.locator('.field').first()
      const widget = page.locator(`.widget[data-marker="${(await field.getAttribute('data-markers'))!.split(' ')[0]}"]`)
      await field.hover()
      await page.waitForSelector('.widget.lit')
      expect(await widget.getAttribute('class')).toContain('lit')
      await page.getByRole('heading', { level: 1 }).hover()
      await page.waitForSelector('.widget.lit', { state: 'detached' })
      await widget.hover()
      expect(await field.getAttribute('class')).toContain('lit')
      await page.getByRole('heading', { level: 1 }).hover()
      await field.locator('input').first().focus()
      expect(await widget.getAttribute('class')).toContain('lit')
    },
    TEST_MS,
  )

  test(
    'what is no form is refused with what to do, and nothing is kept',
    async () => {
      const { page } = person
      await person.open('/')
      await page
        .getByLabel(/A fillable PDF form/)
        .setInputFiles({ name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('Dear sir') })
      await page.getByRole('button', { name: 'Extract', exact: true }).click()
      await page.getByText('This is not a PDF file').waitFor()
      // The browser itself notes the refusal's status.
      expect(person.complaints.splice(0).every((text) => text.includes('422'))).toBe(true)
    },
    TEST_MS,
  )

  test(
    'the catalog shows a page with its table and its chart, and what a run committed',
    async () => {
      const { page } = person
      await person.open('/catalog')
      await page.getByRole('link', { name: 'experiments/pdf-field-extraction/lora-v1.md' }).first().click()
      await page.getByRole('heading', { name: 'lora-v1: promoted' }).waitFor()
      const chart = page.getByRole('img', { name: 'Loss over the steps' })
      await chart.waitFor()
      expect(await chart.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
      await person.open('/catalog')
      await page.getByRole('link', { name: /lora-v2\.md/ }).click()
      await page.getByRole('cell', { name: '61 %' }).waitFor()
    },
    TEST_MS,
  )

  test.each([
    ['Reject', false],
    ['Approve', true],
  ] as const)(
    '%s on a run’s quote decides it as verified',
    async (button, approved) => {
      const { page } = person
      const handle = await site.stage.start({ preset: 'tiny', approval: { assurance: 'verified' } })
      const adapter = handle.workflowId.split('/')[1]!
      for (;;) {
        await person.open('/runs')
        if (await page.getByRole('row', { name: new RegExp(`${adapter}.*awaiting-approval`) }).count()) break
        await page.waitForTimeout(1000)
      }
      await page.getByRole('link', { name: adapter }).click()
      await page.getByRole('heading', { name: 'Quote' }).waitFor()
      await page.getByRole('button', { name: button }).click()
      await page
        .getByText(new RegExp(`^${button}e?d`))
        .first()
        .waitFor()
      const { decision } = RunProgress.parse(await handle.query('progress'))
      expect(decision).toMatchObject({ approved, approver: 'owner', channel: 'app', assurance: 'verified' })
      if (approved) await handle.terminate('seen')
    },
    TEST_MS,
  )

  test(
    'everything can be done by keyboard alone',
    async () => {
      const { page } = person
      await person.open('/')
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
      await page.keyboard.press('Enter')
      const reach = async (matches: () => boolean) => {
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press('Tab')
          if (await page.evaluate(matches)) return
        }
        throw new Error('The keyboard does not reach it')
      }
      await reach(() => document.activeElement?.id === 'fixture')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      await person.drawn()
      await reach(() => document.activeElement?.classList.contains('widget') ?? false)
      await page.keyboard.press('Enter')
      expect(await page.evaluate(() => document.activeElement?.closest('.field') !== null)).toBe(true)
      await page.keyboard.type('!')
      await page.keyboard.press('Enter')
      await page.getByText('Your corrections are saved.').waitFor()
    },
    TEST_MS,
  )

  test.each([
    ['on a wide screen', { viewport: { width: 1280, height: 900 } }],
    ['on a phone, 360 px wide', { viewport: { width: 360, height: 740 } }],
    ['in the dark', { colorScheme: 'dark' as const }],
  ])(
    'axe finds nothing wrong and nothing overflows %s',
    async (_, options) => {
      const visitor = await Person.come(browser, site.app, options)
      await visitor.open('/sign-in')
      expect(await visitor.violations()).toEqual([])
      await visitor.leave()
      const reader = await Person.signedIn(browser, site.app, options)
      const result = await reader.extract(title)
      const run = new URL(await openQuote(), site.app.url)
      const pages = [
        '/',
        result,
        '/settings/variants/extraction',
        '/catalog',
        '/catalog/pages/experiments/pdf-field-extraction/lora-v1.md',
        '/runs',
        run.pathname + run.search,
      ]
      for (const address of pages) {
        await reader.open(address)
        if (address === result) await reader.drawn()
        expect({ address, violations: await reader.violations(), overflow: await reader.overflow() }).toEqual({
          address,
          violations: [],
          overflow: 0,
        })
      }
      expect(reader.complaints).toEqual([])
      await reader.leave()
    },
    TEST_MS,
  )

  /** Address of a run that waits for a decision. */
  async function openQuote(): Promise<string> {
    const handle = await site.stage.start({ preset: 'tiny' })
    const { runId } = await handle.describe()
    for (;;) {
      const state = RunProgress.parse(await handle.query('progress'))
      if (state.stage === 'awaiting-approval') return `/runs/one?id=${encodeURIComponent(handle.workflowId)}&run=${runId}`
      await person.page.waitForTimeout(300)
    }
  }

  test(
    'dark pages are dark',
    async () => {
      const reader = await Person.signedIn(browser, site.app, { colorScheme: 'dark' })
      expect(await reader.page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(20, 24, 29)')
      await reader.leave()
    },
    TEST_MS,
  )
})
