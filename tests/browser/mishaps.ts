import { expect, test } from '@jest/globals'
import { permitPdf } from './permit.js'
import type { Person } from './person.js'
import type { Site } from './site.js'

/** What goes wrong between a person and the app, and what the person sees of it. */
export function mishapTests(of: () => { site: Site; person: Person }, timeout: number): void {
  test(
    'a session that ends during a correction loses nothing: sign in beside, and save again',
    async () => {
      const { person, site } = of()
      const { page } = person
      await person.upload('permit.pdf', await permitPdf())
      await page.getByRole('button', { name: 'Save corrections' }).waitFor()
      const label = page.locator('input[name="label.0"]')
      await label.fill('Name as on the licence')
      await page.context().clearCookies()
      await page.getByRole('button', { name: 'Save corrections' }).click()
      await page.getByText('Your session has ended. What you typed is still here').waitFor()
      expect(await label.inputValue()).toBe('Name as on the licence')
      // The browser itself notes that the session was refused.
      expect(person.complaints.splice(0)).toEqual([expect.stringContaining('401')])

      const [beside] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: 'sign in' }).click()])
      await beside.getByLabel('Password').fill(site.app.password)
      await beside.getByRole('button', { name: 'Sign in' }).click()
      await beside.getByRole('heading', { name: 'Extract a form' }).waitFor()
      await beside.close()
      await page.getByRole('button', { name: 'Save corrections' }).click()
      await page.getByText('Your corrections are saved.').waitFor()
      expect(await label.inputValue()).toBe('Name as on the licence')
    },
    timeout,
  )

  test(
    'what is no form is refused with what to do, and nothing is kept',
    async () => {
      const { person } = of()
      await person.upload('letter.pdf', Buffer.from('Dear sir'))
      await person.page.getByText('This is not a PDF file').waitFor()
      // The browser itself notes the refusal's status.
      expect(person.complaints.splice(0)).toEqual([expect.stringContaining('422')])
    },
    timeout,
  )
}
