import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pathToFileURL } from 'node:url'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ROOT } from '../infra/local/layout.js'

/** What somebody else would write, in a project of their own. */
const PROGRAM = `import { readFile } from 'node:fs/promises'
import { createExtractor, type ExtractionResult, ExtractorUnavailable, PdfRefused } from 'formwright/extraction'

const pdf = new Uint8Array(await readFile(process.argv[2]!))
const result: ExtractionResult = await createExtractor('extraction/rules-v1').extract(pdf)
const away = createExtractor('extraction/lora-v1', { inference: { url: 'http://127.0.0.1:9', timeout: 5_000 } })
const error: unknown = await away.extract(pdf).catch((cause: unknown) => cause)
const refused: unknown = await away.extract(new Uint8Array([1, 2, 3])).catch((cause: unknown) => cause)
console.log(JSON.stringify({
  title: result.spec.title,
  fields: result.spec.groups.flatMap((group) => group.requirements).length,
  bound: Object.values(result.fieldMapping).flat().length,
  variant: result.provenance.variant,
  away: error instanceof ExtractorUnavailable && error.message,
  refused: refused instanceof PdfRefused && refused.message,
}))
`
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formwright-stranger-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules', 'formwright'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'mine.ts'), PROGRAM)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('another project can import createExtractor, use it, and tell what went wrong', async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const form = join(ROOT, 'data', 'fine-tuning', 'extraction', 'fixtures', 'street-event-permit.pdf')
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, 'mine.ts', form], { cwd: folder })
  const told = JSON.parse(stdout)
  expect(told).toMatchObject({ title: 'Special Event Permit Application', variant: 'extraction/rules-v1' })
  expect(told.fields).toBeGreaterThan(20)
  expect(told.bound).toBeGreaterThanOrEqual(told.fields)
  expect(told.away).toMatch(/inference service at http:\/\/127\.0\.0\.1:9 is away\. Start it with `npm start`/)
  expect(told.refused).toMatch(/not a PDF file/)
}, 240_000)
