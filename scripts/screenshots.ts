// Pictures of each page, of Temporal's Web UI at the gate and of Slack's message: docs/images/*.png. Starts a platform of its
// own with the shipped adapter, and ends it with the run that was photographed. Needs a Chromium or Chrome.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownBlock } from '@slack/types'
import type { Browser, Page } from 'playwright-core'
import { ROOT } from '../infra/local/layout.js'
import { chromiumPath, launch, NO_BROWSER } from '../tests/browser/chromium.js'
import { LOOKS, Person } from '../tests/browser/person.js'
import { RunClient } from './run-client.js'
import { slackPicture } from './screenshots/slack.js'
import { openStudio, type Studio } from './screenshots/studio.js'

const IMAGES = join(ROOT, 'docs', 'images')
/** Two pages with tables and check boxes, none of what the model learnt from. */
const FORM = 'Annual Recertification of Household Income and Assets'
/** The field whose pair is lit up. */
const LIT = 2
/** The Web UI loads its parts one after the other. */
const WEB_UI_MS = 120_000
/** The first windows of a form on a machine that others use too. */
const PATIENCE_MS = 300_000
/** Of pages that hold little. */
const LOW = 640

const shot = (page: Page, name: string, fullPage = false) =>
  page.screenshot({ path: join(IMAGES, `${name}.png`), animations: 'disabled', fullPage })

/** A page that fills its picture only in part. */
async function lowShot(page: Page, name: string): Promise<void> {
  const { width, height } = page.viewportSize()!
  await page.setViewportSize({ width, height: LOW })
  await shot(page, name)
  await page.setViewportSize({ width, height })
}

async function photographExtraction(person: Person): Promise<string> {
  const { page } = person
  await person.open('/')
  await lowShot(page, 'app-extract')
  await page.getByLabel('Or try one of our sample forms').selectOption({ label: FORM })
  await page.getByRole('button', { name: 'Extract this one' }).click()
  await page
    .getByText(/^[1-9]\d* of \d+ windows answered/, { exact: false })
    .first()
    .waitFor({ timeout: PATIENCE_MS })
  await shot(page, 'app-progress')
  await page.getByRole('button', { name: 'Save corrections' }).waitFor({ timeout: PATIENCE_MS })
  await person.drawn()
  await page.locator('.field').nth(LIT).hover()
  await shot(page, 'app-result')
  await page.getByRole('link', { name: 'Download', exact: true }).click()
  await shot(page, 'app-result-end')
  return new URL(page.url()).pathname
}

/** On a phone and by night: as much as fits into one picture beside the wide ones. */
async function photographPhone(browser: Browser, { site }: Studio, result: string): Promise<void> {
  const { width, height, colorScheme } = LOOKS['a phone in the dark']!
  const phone = await Person.signedIn(browser, site, { viewport: { width, height }, colorScheme, deviceScaleFactor: 2 })
  await phone.open(result)
  await phone.drawn()
  await shot(phone.page, 'app-phone-dark')
  await phone.leave()
}

async function photographCatalog(person: Person): Promise<void> {
  const { page } = person
  await person.open('/catalog')
  await lowShot(page, 'app-catalog')
  await person.open('/catalog/pages/experiments/pdf-field-extraction/lora-v1.md')
  await page.getByRole('article').waitFor()
  await shot(page, 'app-catalog-page')
  await page.getByRole('img').first().scrollIntoViewIfNeeded()
  await shot(page, 'app-catalog-charts')
}

async function photographGate(person: Person, browser: Browser, { slack }: Studio): Promise<void> {
  const { page } = person
  await person.waitsForApproval('lora-v1')
  await lowShot(page, 'app-runs')
  await page.getByRole('rowheader', { name: 'lora-v1' }).getByRole('link').click()
  await page.getByRole('heading', { name: 'Quote' }).waitFor()
  await shot(page, 'app-approval', true)
  const { args } = await slack.call('chat.postMessage')
  await slackPicture(browser, args.blocks as KnownBlock[], join(IMAGES, 'slack-message.png'))
  const ui = await page.context().newPage()
  await ui.setViewportSize({ width: 1440, height: 900 })
  await ui.goto((await page.getByRole('link', { name: 'This run in Temporal’s Web UI' }).getAttribute('href'))!, { timeout: WEB_UI_MS })
  await ui.getByText('The quote expires').first().waitFor({ timeout: WEB_UI_MS })
  await shot(ui, 'temporal-run')
  await ui.getByText('User Metadata').first().click()
  await ui.frameLocator('iframe').getByRole('heading', { name: 'Decide' }).waitFor({ timeout: WEB_UI_MS })
  await shot(ui, 'temporal-details')
  await ui.close()
}

async function photograph(browser: Browser, studio: Studio): Promise<void> {
  const stranger = await Person.come(browser, studio.site)
  await stranger.open('/')
  await lowShot(stranger.page, 'app-sign-in')
  await stranger.leave()
  const person = await Person.signedIn(browser, studio.site)
  const result = await photographExtraction(person)
  await person.open('/settings/variants/extraction')
  await shot(person.page, 'app-variants', true)
  await photographCatalog(person)
  await photographPhone(browser, studio, result)
  const runs = await RunClient.connect(studio.platform.env)
  const { handle } = await runs.start({ preset: 'quick' })
  await photographGate(person, browser, studio)
  await handle.terminate('the pictures are taken')
  await runs.close()
}

const path = chromiumPath()
if (!path) {
  process.stderr.write(`${NO_BROWSER}\n`)
  process.exit(1)
}
await mkdir(IMAGES, { recursive: true })
const studio = await openStudio((line) => process.stdout.write(`${line}\n`))
const browser = await launch(path)
try {
  await photograph(browser, studio)
} finally {
  await browser.close()
  await studio.close()
}
process.exit(0)
