import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fixture } from '../../contracts/index.js'

/** Forms of the evaluation, offered for a first try. */
export class FixtureShelf {
  private readonly folder: string

  constructor(root: string) {
    this.folder = join(root, 'data', 'fine-tuning', 'extraction', 'fixtures')
  }

  async list(): Promise<{ id: string; title: string }[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort()
    const read = names.map(async (name) => {
      const fixture = Fixture.safeParse(JSON.parse(await readFile(join(this.folder, name), 'utf8')))
      return fixture.success ? [{ id: fixture.data.id, title: fixture.data.spec.title }] : []
    })
    return (await Promise.all(read)).flat()
  }

  /** The PDF of a listed fixture; undefined for any other id. */
  async pdf(id: string): Promise<Uint8Array | undefined> {
    const known = (await this.list()).some((fixture) => fixture.id === id)
    return known ? new Uint8Array(await readFile(join(this.folder, `${id}.pdf`))) : undefined
  }
}
