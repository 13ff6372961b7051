// Pictures of each page for the README: docs/images/*.png. Needs a Chromium or Chrome.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromiumPath, launch, NO_BROWSER } from '../tests/browser/chromium.js'
import { Person } from '../tests/browser/person.js'
import { openSite } from '../tests/browser/site.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const IMAGES = join(ROOT, 'docs', 'images')
const FORM = 'Annual Recertification of Household Income and Assets'

const path = chromiumPath()
if (!path) {
  process.stderr.write(`${NO_BROWSER}\n`)
  process.exit(1)
}
await mkdir(IMAGES, { recursive: true })
const site = await openSite([], ROOT)
// The pictures show no adapter that is only a stand-in.
await site.inference.close()
const browser = await launch(path)
const shot = (person: Person, name: string) => person.page.screenshot({ path: join(IMAGES, `${name}.png`), animations: 'disabled' })
try {
  const person = await Person.signedIn(browser, site.app)
  await person.open('/settings/variants/extraction')
  await person.page.getByRole('radio', { name: /rules-v1/ }).check()
  await shot(person, 'app-variants')
  await person.page.getByRole('button', { name: 'Use the chosen one' }).click()
  await person.open('/')
  await shot(person, 'app-extract')
  const result = await person.extract(FORM)
  await person.page.locator('.field').nth(2).hover()
  await shot(person, 'app-result')
  await person.open('/catalog')
  await shot(person, 'app-catalog')
  const first = person.page.locator('main a[href^="/catalog/"]').first()
  if (await first.count()) {
    await first.click()
    await person.page.locator('article').waitFor()
    await shot(person, 'app-catalog-page')
  }
  const handle = await site.stage.start({ adapter: 'lora-v1' })
  const row = person.page.getByText('awaiting-approval')
  do await person.open('/runs')
  while (!(await row.count()))
  await shot(person, 'app-runs')
  await person.page.getByRole('link', { name: 'lora-v1' }).click()
  await person.page.getByRole('heading', { name: 'Quote' }).waitFor()
  await shot(person, 'app-approval')
  await handle.terminate('pictures are taken')
  const phone = await Person.signedIn(browser, site.app, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  await phone.open(result)
  await phone.drawn()
  await shot(phone, 'app-phone-dark')
} finally {
  await browser.close()
  await site.close()
}
