import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { AppProcess } from '../../app/testing/app-process.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Others use the machine too. */
const PATIENCE_MS = 90_000

/** A screen, by day or by night. */
export interface Look {
  width: number
  height: number
  colorScheme: 'light' | 'dark'
}

/** Every page is looked at in all of them. */
export const LOOKS: Record<string, Look> = {
  'a wide screen': { width: 1280, height: 900, colorScheme: 'light' },
  'a phone, 360 px wide': { width: 360, height: 740, colorScheme: 'light' },
  'the dark': { width: 1280, height: 900, colorScheme: 'dark' },
  'a phone in the dark': { width: 360, height: 740, colorScheme: 'dark' },
}

/** Where the app is, and the password of its account. */
type Site = Pick<AppProcess, 'url' | 'password'>

/** Somebody with a browser, signed in. Remembers what the console complained about. */
export class Person {
  readonly complaints: string[] = []

  private constructor(
    readonly page: Page,
    private readonly app: Site,
  ) {
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text())
    })
  }

  static async come(browser: Browser, app: Site, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    return new Person(await context.newPage(), app)
  }

  static async signedIn(browser: Browser, app: Site, options: BrowserContextOptions = {}): Promise<Person> {
    const person = await Person.come(browser, app, options)
    await person.open('/')
    await person.page.getByLabel('Password').fill(app.password)
    await person.page.getByRole('button', { name: 'Sign in' }).click()
    await person.page.getByRole('heading', { name: 'Extract a form' }).waitFor()
    return person
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.app.url + path)
  }

  /** Extracts a form of the evaluation and waits until all of it is there. Answers its address. */
  async extract(title: string): Promise<string> {
    await this.open('/')
    await this.page.getByLabel('Or try one of our sample forms').selectOption({ label: title })
    await this.page.getByRole('button', { name: 'Extract this one' }).click()
    await this.page.getByRole('button', { name: 'Save corrections' }).waitFor()
    await this.drawn()
    return new URL(this.page.url()).pathname
  }

  /** Sends a file and asks for its extraction. */
  async upload(name: string, pdf: Uint8Array): Promise<void> {
    await this.open('/')
    await this.page.getByLabel(/A fillable PDF form/).setInputFiles({ name, mimeType: 'application/pdf', buffer: Buffer.from(pdf) })
    await this.page.getByRole('button', { name: 'Extract', exact: true }).click()
  }

  /** Opens the runs until one of them waits for a decision. */
  async waitsForApproval(adapter: string): Promise<void> {
    const row = this.page.getByRole('row', { name: new RegExp(`${adapter}.*awaiting-approval.*\\$`) })
    for (;;) {
      await this.open('/runs')
      if (await row.count()) return
      await this.page.waitForTimeout(1000)
    }
  }

  async drawn(): Promise<void> {
    await this.page.waitForSelector('#paper[data-drawn]')
  }

  /** The page as it is on another screen or by night. */
  async look({ width, height, colorScheme }: Look): Promise<void> {
    await this.page.setViewportSize({ width, height })
    await this.page.emulateMedia({ colorScheme })
  }

  /** What axe finds wrong on the page as it looks now, rule by rule. */
  async violations(): Promise<string[]> {
    if (!(await this.page.evaluate(() => 'axe' in globalThis))) await this.page.evaluate(AXE)
    return this.page.evaluate(async () => {
      type Found = { violations: { id: string; nodes: { html: string }[] }[] }
      const { axe } = globalThis as unknown as { axe: { run(context: Document, options: object): Promise<Found> } }
      // All rules; details of what passed are not gathered.
      const { violations } = await axe.run(document, { resultTypes: ['violations'] })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
    })
  }

  /** How far the page is wider than its window. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  }

  leave(): Promise<void> {
    return this.page.context().close()
  }
}
