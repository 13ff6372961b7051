import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Locator } from 'playwright-core'
import { DataCollectionSpec, Pair, RunProgress } from '../../contracts/index.js'
import { berths } from '../../extraction/testing/berths.js'
import { chromiumPath, launch, NO_BROWSER } from './chromium.js'
import { keyboardTests } from './keyboard.js'
import { mishapTests } from './mishaps.js'
import { permitPdf } from './permit.js'
import { LOOKS, Person } from './person.js'
import { openSite, type Site, waitingRun } from './site.js'

const FIXTURES = fileURLToPath(new URL('../../data/fine-tuning/extraction/fixtures/', import.meta.url))
const START_MS = 400_000
const TEST_MS = 300_000
const path = chromiumPath()
if (!path) process.stderr.write(`\n${'!'.repeat(20)} ${NO_BROWSER} ${'!'.repeat(20)}\n\n`)

const inBrowser = path ? describe : describe.skip
inBrowser('the app in a real browser', () => {
  let site: Site
  let browser: Browser
  let person: Person
  /** A form of the evaluation, and where its extraction is shown. */
  let title: string
  let result: string
  let long: Uint8Array

  beforeAll(async () => {
    const name = (await readdir(FIXTURES)).filter((file) => file.endsWith('.json')).sort()[0]!
    const fixture = JSON.parse(await readFile(join(FIXTURES, name), 'utf8'))
    title = fixture.spec.title
    long = await berths(150)
    site = await openSite([long])
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
    'progress is shown while windows come in, and what the model was unsure of is marked',
    async () => {
      const { page } = person
      site.inference.hold()
      await person.upload('berths.pdf', long)
      await page.getByText(/^0 of \d+ windows answered/).waitFor()
      expect(await page.getByRole('progressbar').getAttribute('max')).toMatch(/^\d{2}$/)
      expect(await person.violations()).toEqual([])
      site.inference.release()
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      const unsure = await page.locator('.field.unsure').count()
      expect(unsure).toBeGreaterThan(0)
      expect(unsure).toBeLessThan(await page.locator('.field').count())
      await page.getByText(`${unsure} unsure`).waitFor()
      await page.locator('dd', { hasText: site.inference.adapter.slice(0, 12) }).waitFor()
      await person.drawn()
    },
    TEST_MS,
  )

  test(
    'a variant that cannot run says why and cannot be chosen; another one can, and stays chosen',
    async () => {
      const { page } = person
      await person.open('/settings/variants/extraction')
      expect(await page.getByRole('radio', { name: /extraction\/sonnet/ }).isDisabled()).toBe(true)
      await page.getByText('No key: set ANTHROPIC_API_KEY').first().waitFor()
      await page.getByRole('radio', { name: /extraction\/rules-v1/ }).check()
      await page.getByRole('button', { name: 'Use the chosen one' }).click()
      await page.getByText('Extract now uses extraction/rules-v1').waitFor()
      await person.open('/')
      await page.getByText('Read by extraction/rules-v1').waitFor()
    },
    TEST_MS,
  )

  test(
    'a form is uploaded, corrected, downloaded and kept as a candidate',
    async () => {
      const { page } = person
      await person.upload('permit.pdf', await permitPdf())
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      await person.drawn()
      expect(await page.locator('.widget span').allTextContents()).toEqual(['1', '2'])
      expect(await page.locator('dd', { hasText: 'extraction/rules-v1' }).count()).toBe(1)

      const label = page.locator('.field input[name^="label."]').nth(1)
      expect(await label.inputValue()).toBe('License plate')
      await label.fill('Plate of the car')
      await page.getByText('Not saved yet').waitFor()
      await page.getByRole('button', { name: 'Save corrections' }).click()
      await page.getByText('Your corrections are saved.').waitFor()

      const download = async (name: string) => {
        const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()])
        return { name: file.suggestedFilename(), json: JSON.parse(await readFile((await file.path())!, 'utf8')) }
      }
      const spec = DataCollectionSpec.parse((await download('Spec')).json)
      expect(spec.groups.flatMap((g) => g.requirements).map((r) => r.label)).toEqual(['Full name', 'Plate of the car'])
      const schema = await download('JSON Schema')
      expect(schema.name).toMatch(/\.schema\.json$/)
      expect(Object.values(schema.json.properties)).toMatchObject([{ title: 'Full name' }, { title: 'Plate of the car' }])
      const fields = Object.values((await download('Mapping for filling')).json.fields)
      expect(fields).toMatchObject([{ widgets: [{ name: 'field0', page: 1 }] }, { widgets: [{ name: 'field1', page: 1 }] }])

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
    'a file can be dropped on the page',
    async () => {
      const { page } = person
      await person.open('/')
      const bytes = [...(await permitPdf())]
      const dropped = await page.evaluateHandle((content) => {
        const transfer = new DataTransfer()
        transfer.items.add(new File([new Uint8Array(content)], 'dropped.pdf', { type: 'application/pdf' }))
        return transfer
      }, bytes)
      await page.dispatchEvent('#upload', 'drop', { dataTransfer: dropped })
      await page.getByRole('button', { name: 'Extract', exact: true }).click()
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      expect(await page.title()).toContain('dropped.pdf')
    },
    TEST_MS,
  )

  test(
    'a form of the evaluation is drawn with an outline on every widget; widgets and fields light each other up, by hover and by focus',
    async () => {
      const { page } = person
      result = await person.extract(title)
      const { markers } = await page.evaluate((address) => fetch(`${address}/markers.json`).then((answer) => answer.json()), result)
      expect(await page.locator('.widget').count()).toBe(markers.length)
      const field = page.locator('.field').first()
      const widget = page.locator(`.widget[data-marker="${(await field.getAttribute('data-markers'))!.split(' ')[0]}"]`)
      const lit = async () => ({
        widget: ((await widget.getAttribute('class')) ?? '').includes('lit'),
        field: ((await field.getAttribute('class')) ?? '').includes('lit'),
      })
      const away = async () => {
        await page.evaluate(() => (document.activeElement as HTMLElement).blur())
        await page.getByRole('heading', { level: 1 }).hover()
        await page.waitForSelector('.lit', { state: 'detached' })
      }
      for (const light of [() => field.hover(), () => widget.hover(), () => field.locator('input').first().focus(), () => widget.focus()]) {
        await light()
        expect(await lit()).toEqual({ widget: true, field: true })
        await away()
      }
      // Form and fields scroll, the page does not.
      expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0)
      // What lights up far down comes into view, in its own box.
      const last = page.locator(`.widget[data-marker="${markers.length}"]`)
      const its = page.locator(`.field[data-markers~="${markers.length}"]`)
      const inView = (of: Locator) =>
        of.evaluate((e) => e.getBoundingClientRect().bottom > 0 && e.getBoundingClientRect().top < innerHeight)
      expect([await inView(last), await inView(its)]).toEqual([false, false])
      await last.focus()
      expect(await inView(its)).toBe(true)
      await page.locator('#paper').evaluate((paper) => paper.scrollTo(0, 0))
      await away()
      await its.locator('input').first().focus()
      expect(await inView(last)).toBe(true)
    },
    TEST_MS,
  )

  test(
    'the catalog shows a page with its table and its chart, and what a run committed',
    async () => {
      const { page } = person
      await person.open('/catalog')
      await page.getByRole('link', { name: 'lora-v1: promoted' }).first().click()
      await page.getByRole('heading', { name: 'lora-v1: promoted' }).waitFor()
      const chart = page.getByRole('img', { name: 'Loss over the steps' })
      await chart.waitFor()
      expect(await chart.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
      await person.open('/catalog')
      await page.locator('a[href$="lora-v2.md"]').click()
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
      await person.waitsForApproval(adapter)
      const inList = page.getByRole('row', { name: adapter }).getByRole('link', { name: 'Web UI' })
      expect(await inList.getAttribute('href')).toContain(encodeURIComponent(handle.workflowId))
      await page.getByRole('rowheader', { name: adapter }).getByRole('link').click()
      await page.getByRole('heading', { name: 'Quote' }).waitFor()
      const ui = await page.getByRole('link', { name: 'This run in Temporal’s Web UI' }).getAttribute('href')
      expect(ui).toContain(encodeURIComponent(handle.workflowId))
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

  keyboardTests(() => ({ site, person }), TEST_MS)
  mishapTests(() => ({ site, person }), TEST_MS)

  /** Addresses of all pages; those that need something to show get it first. */
  const PAGES: Record<string, () => string | Promise<string>> = {
    Extract: () => '/',
    'an extraction': () => result,
    Settings: () => '/settings/variants/extraction',
    Catalog: () => '/catalog',
    'a page of the catalog': () => '/catalog/pages/experiments/pdf-field-extraction/lora-v1.md',
    Runs: () => '/runs',
    'a run with its quote': () => waitingRun(site.stage),
    'a page that is not there': () => '/nowhere',
    'the sign-in page': () => '/sign-in',
  }
  test.each(Object.keys(PAGES))(
    '%s: axe finds nothing wrong and nothing overflows, wide and on a phone, by day and by night',
    async (name) => {
      const address = await PAGES[name]!()
      await person.open(address)
      if (name === 'an extraction') await person.drawn()
      for (const [where, look] of Object.entries(LOOKS)) {
        await person.look(look)
        expect({ where, violations: await person.violations(), overflow: await person.overflow() }).toEqual({
          where,
          violations: [],
          overflow: 0,
        })
      }
      const ground = await person.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(ground).toBe('rgb(20, 24, 29)')
      await person.look(LOOKS['a wide screen']!)
      // The browser itself notes a missing page's status.
      if (name === 'a page that is not there') expect(person.complaints.splice(0)).toEqual([expect.stringContaining('404')])
    },
    TEST_MS,
  )
})
