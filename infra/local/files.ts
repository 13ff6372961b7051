import { readFile, rename, writeFile } from 'node:fs/promises'
import type { z } from 'zod'

/** Writes beside, then renames, so that a reader never sees half a file. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const beside = `${path}.${process.pid}.new`
  await writeFile(beside, text, { mode })
  await rename(beside, path)
}

/** A parsed JSON file; `undefined` when there is none. Throws, naming the file, when it is not as expected. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`${path} is not as expected; move it away to have it made anew. ${(error as Error).message}`)
  }
}
