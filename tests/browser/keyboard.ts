import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { DataCollectionSpec, RunProgress, VARIANT_IDS } from '../../contracts/index.js'
import { permitPdf } from './permit.js'
import type { Person } from './person.js'
import type { Site } from './site.js'

/** More stops than any of the pages here has. */
const MOST_TABS = 120

const isThere = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)

/** Tabs on until the focus is on what was meant, and seen to be there. */
async function reach(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < MOST_TABS; i++) {
    await page.keyboard.press('Tab')
    if (!(await isThere(page, selector))) continue
    expect(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).not.toBe('none')
    return
  }
  throw new Error(`The keyboard does not reach ${selector}`)
}

/** Jumps over the menu, as somebody without a mouse does. */
async function skip(page: Page): Promise<void> {
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
}

/** What a person without a mouse does; nothing in here clicks, hovers or sets focus. */
export function keyboardTests(of: () => { site: Site; person: Person }, timeout: number): void {
  test(
    'by keyboard alone a variant is chosen, and another one again',
    async () => {
      const { page } = of().person
      await of().person.open('/settings/variants/extraction')
      for (const variant of ['extraction/lora-v1', 'extraction/rules-v1']) {
        await skip(page)
        await reach(page, 'input[name="variant"]')
        // Arrows go round among those that can run here.
        for (let i = 0; i < VARIANT_IDS.length && !(await isThere(page, `input[value="${variant}"]`)); i++)
          await page.keyboard.press('ArrowDown')
        await reach(page, 'button.main')
        await page.keyboard.press('Enter')
        await page.getByText(`Extract now uses ${variant}`).waitFor()
      }
    },
    timeout,
  )

  test(
    'by keyboard alone a form is uploaded, corrected and downloaded',
    async () => {
      const { page } = of().person
      // Asked for early: the browser has to know of it before the key is pressed.
      const chooser = page.waitForEvent('filechooser')
      await of().person.open('/')
      await skip(page)
      await reach(page, '#pdf')
      await page.keyboard.press('Enter')
      await (await chooser).setFiles({ name: 'permit.pdf', mimeType: 'application/pdf', buffer: await permitPdf() })
      await reach(page, '#upload button')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      await of().person.drawn()

      // A widget leads to its field.
      await reach(page, '.widget[data-marker="2"]')
      await page.keyboard.press('Enter')
      expect(await isThere(page, 'input[name="label.1"]')).toBe(true)
      await page.keyboard.press('End')
      await page.keyboard.type(' of the car')
      await reach(page, 'select[name="sensitivity.1"]')
      await page.keyboard.type('high')
      await reach(page, 'input[name="required.1"]')
      await page.keyboard.press('Space')
      await reach(page, '.save button')
      await page.keyboard.press('Enter')
      await page.getByText('Your corrections are saved.').waitFor()

      await of().person.drawn()
      await skip(page)
      await reach(page, 'a[href="#downloads"]')
      await page.keyboard.press('Enter')
      await reach(page, 'a[href$="/spec.json"]')
      const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
      const spec = DataCollectionSpec.parse(JSON.parse(await readFile((await file.path())!, 'utf8')))
      expect(spec.groups.flatMap((group) => group.requirements)[1]).toMatchObject({
        label: 'License plate of the car',
        sensitivity: 'high',
        required: true,
      })
    },
    timeout,
  )

  test(
    'by keyboard alone a quote is approved',
    async () => {
      const { page } = of().person
      const handle = await of().site.stage.start({ preset: 'tiny', approval: { assurance: 'verified' } })
      const adapter = handle.workflowId.split('/')[1]!
      await of().person.waitsForApproval(adapter)
      await skip(page)
      await reach(page, `a[href*="${encodeURIComponent(handle.workflowId)}&run="]`)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Quote' }).waitFor()
      await skip(page)
      await reach(page, 'button[name="approve"][value="true"]')
      await page.keyboard.press('Enter')
      await page.getByText('Approved. The training begins.').waitFor()
      const { decision } = RunProgress.parse(await handle.query('progress'))
      expect(decision).toMatchObject({ approved: true, approver: 'owner', channel: 'app', assurance: 'verified' })
      await handle.terminate('seen')
    },
    timeout,
  )
}
