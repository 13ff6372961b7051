import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { Fixture, Pair } from '../../../contracts/index.js'

/** A file of the dataset is not what it should be; the message names file, line and field. */
export class MalformedData extends Error {
  override name = 'MalformedData'
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** Line of a path in a JSON text, from 1; 1 when the path is not there. */
function lineOf(text: string, path: PropertyKey[]): number {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter })
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined
    if (node?.range) return counter.linePos(node.range[0]).line
  }
  return 1
}

function parseFile<T>(
  file: string,
  text: string,
  schema: {
    safeParse(
      value: unknown,
    ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } }
  },
): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const { message } = cause as Error
    // Without a place in the message the text ends too early.
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length)
    throw new MalformedData(`${file}, line ${text.slice(0, at).split('\n').length}: not JSON: ${message}`, { cause })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new MalformedData(`${file}, line ${lineOf(text, issue.path)}, field ${issue.path.join('.') || '(whole file)'}: ${issue.message}`)
}

async function jsonFiles(dir: string): Promise<string[]> {
  return (await readdir(dir))
    .filter((f) => f.endsWith('.json'))
    .sort()
    .map((f) => join(dir, f))
}

/**
 * All pairs of a folder, validated.
 * @throws MalformedData naming file, line and field
 */
export async function readPairs(dir: string): Promise<Pair[]> {
  const pairs: Pair[] = []
  // One after the other: all at once would keep everything else waiting.
  for (const file of await jsonFiles(dir)) pairs.push(parseFile(file, await readFile(file, 'utf8'), Pair))
  return pairs
}

/**
 * Evaluation fixtures: `<id>.json` beside `<id>.pdf`.
 * @throws MalformedData when a fixture is malformed or its PDF is not the one that it names
 */
export async function readFixtures(dir: string): Promise<Fixture[]> {
  const files = await jsonFiles(dir)
  return Promise.all(
    files.map(async (file) => {
      const fixture = parseFile(file, await readFile(file, 'utf8'), Fixture)
      const digest = sha256(await readFile(join(dir, fixture.pdf)))
      if (digest !== fixture.pdfDigest)
        throw new MalformedData(`${file}, field pdfDigest: ${fixture.pdf} has sha256 ${digest}, expected ${fixture.pdfDigest}`)
      return fixture
    }),
  )
}
