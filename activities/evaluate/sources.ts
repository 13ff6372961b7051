import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PublishedFigures } from '../../contracts/index.js'

/**
 * Digest of the extraction code below a folder, tests left out: sha256 over each path and its bytes in order.
 * A measured answer is kept under it, since the same adapter answers otherwise once windows or prompts are cut otherwise.
 */
export async function codeDigest(folder: string): Promise<string> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  const hash = createHash('sha256')
  for (const path of paths.sort()) hash.update(`${path}\n`).update(await readFile(join(folder, path)))
  return hash.digest('hex')
}

const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

/** Figures that others published, with their source. */
export const readPublished = async (root: string): Promise<PublishedFigures> =>
  PublishedFigures.parse(await json(join(root, 'data/published-figures.json')))
