import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pair } from '../../contracts/index.js'
import { leaksInto } from '../../data/fine-tuning/extraction/overlap.js'
import { readFixtures, readPairs } from '../../data/fine-tuning/extraction/pairs.js'

/** A candidate that cannot be reviewed so; the message says why and that nothing was changed. */
export class ReviewRefused extends Error {
  override name = 'ReviewRefused'
}

const today = (): string => new Date().toISOString().slice(0, 10)

/** Corrected forms that the app kept, and the dataset that takes them once a person has checked them. */
export class ReviewShelf {
  /**
   * @param candidates where the app keeps them
   * @param data the dataset: pairs/ and fixtures/
   */
  constructor(
    private readonly candidates: string,
    private readonly data: string,
  ) {}

  /** Those that wait for a review. */
  async list(): Promise<Pair[]> {
    await mkdir(this.candidates, { recursive: true })
    return (await readPairs(this.candidates)).filter((pair) => pair.review.state === 'candidate')
  }

  async one(id: string): Promise<Pair> {
    const pair = (await this.list()).find((candidate) => candidate.id === id)
    if (!pair) throw new ReviewRefused(`No candidate ${id} waits for a review. Nothing was changed.`)
    return pair
  }

  /** Puts a candidate into the dataset as checked; answers the path of its file. */
  async accept(id: string, by: string): Promise<string> {
    const pair = await this.one(id)
    const fixture = leaksInto(pair, await readFixtures(join(this.data, 'fixtures')))
    if (fixture)
      throw new ReviewRefused(
        `${id} is a form of the evaluation (${fixture.id}): trained on, it would flatter the figures. Nothing was changed; reject it.`,
      )
    const path = join(this.data, 'pairs', `${id}.json`)
    if (await readFile(path).catch(() => undefined)) throw new ReviewRefused(`${path} is there already. Nothing was changed.`)
    await write(path, { ...pair, review: { state: 'checked', by, on: today() } })
    await rm(this.pathOf(id))
    return path
  }

  /** Marks a candidate as rejected; it stays beside the others and is asked about no more. */
  async reject(id: string, by: string): Promise<void> {
    const pair = await this.one(id)
    await write(this.pathOf(id), { ...pair, review: { state: 'rejected', by, on: today() } })
  }

  private pathOf(id: string): string {
    return join(this.candidates, `${id}.json`)
  }
}

async function write(path: string, pair: Pair): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(pair, null, 1)}\n`)
  await rename(`${path}.new`, path)
}
