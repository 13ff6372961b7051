import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PDFDocument, PDFName } from '@cantoo/pdf-lib'
import { ExtractionResult } from '../contracts/index.js'
import { MAX_PDF_BYTES } from '../extraction/describe/limits.js'
import { ROOT } from '../infra/local/layout.js'

const FIXTURES = join(ROOT, 'data/fine-tuning/extraction/fixtures')
const GARNISHEE = join(FIXTURES, 'garnishee-answer.pdf')
const INJURY = join(FIXTURES, 'injury-first-report.pdf')
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let dir: string
/** Nothing runs in this folder of a platform. */
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formwright-extract-'))
  env = { ...process.env, FORMWRIGHT_PLATFORM_DIR: join(dir, 'platform') }
  delete env.FORMWRIGHT_INFERENCE_URL
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const start = (...args: string[]) => spawn(process.execPath, ['--import', 'tsx', 'scripts/extract.ts', ...args], { cwd: ROOT, env })

/** What the command leaves behind, by the folder in its environment. */
const left = (): string[] =>
  execFileSync('ps', ['axeww', '-o', 'command='], { encoding: 'utf8', maxBuffer: 2 ** 28 })
    .split('\n')
    .filter((line) => line.includes(`FORMWRIGHT_INFERENCE_STATE_DIR=${dir}`))

async function extract(...args: string[]): Promise<{ status: number | null; stdout: string[]; stderr: string }> {
  const child = start(...args)
  const [out, err]: Buffer[][] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out!.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err!.push(chunk))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const text = Buffer.concat(out!).toString()
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return { status, stdout: text.split('\n').slice(0, -1), stderr: Buffer.concat(err!).toString() }
}

const pdfsOf = (lines: string[]): string[] => lines.map((line) => ExtractionResult.parse(JSON.parse(line)).provenance.pdf)
const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

async function pdf(change: (document: PDFDocument) => Promise<void> | void): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  await change(document)
  return document.save({ useObjectStreams: false })
}

/** Files that cannot be extracted, and what has to be said of each. */
const BAD: Record<string, { make(): Promise<Uint8Array> | Uint8Array; says: RegExp }> = {
  'empty.pdf': { make: () => new Uint8Array(), says: /The file is empty\. Choose the PDF again/ },
  'letter.pdf': { make: () => Buffer.from('Dear harbour master,'), says: /This is not a PDF file/ },
  'encrypted.pdf': {
    make: () =>
      pdf((document) => {
        document.addPage().drawText('Name:')
        document.encrypt({ userPassword: 'harbour', ownerPassword: 'master' })
      }),
    says: /needs a password to open\. Save a copy without/,
  },
  'scanned.pdf': {
    make: () =>
      pdf(async (document) =>
        document.addPage().drawImage(await document.embedPng(Buffer.from(DOT, 'base64')), { width: 600, height: 800 }),
      ),
    says: /This PDF has no text: its pages are pictures\. Run text recognition/,
  },
  'xfa.pdf': {
    make: () =>
      pdf((document) => {
        document.addPage().drawText('Please wait...')
        const xfa = document.context.register(document.context.stream('<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"/>'))
        document.catalog.set(PDFName.of('AcroForm'), document.context.obj({ XFA: xfa, Fields: [] }))
      }),
    says: /This is a dynamic XFA form/,
  },
  'large.pdf': { make: () => Buffer.alloc(MAX_PDF_BYTES + 1, '%PDF-1.7\n'), says: /at most 20 MiB are read/ },
}

test('--json prints one result a line for each good file, in their order; every bad one gets its message on stderr', async () => {
  const bad = Object.entries(BAD).map(([name, { make, says }]) => ({ path: join(dir, name), make, says }))
  for (const { path, make } of bad) await writeFile(path, await make())
  await mkdir(join(dir, 'folder.pdf'))
  const none = [join(dir, 'none.pdf'), join(dir, 'folder.pdf')]
  const paths = [INJURY, ...bad.map(({ path }) => path), GARNISHEE, ...none, INJURY]
  const { status, stdout, stderr } = await extract('--json', '--variant', 'extraction/rules-v1', ...paths)
  expect(pdfsOf(stdout)).toEqual(await Promise.all([INJURY, GARNISHEE, INJURY].map(digestOf)))
  const said = stderr.trimEnd().split('\n')
  expect(said).toHaveLength(bad.length + none.length)
  for (const [i, { path, says }] of bad.entries()) {
    expect(said[i]).toMatch(says)
    expect(said[i]!.startsWith(`${path}: `)).toBe(true)
  }
  expect(said.slice(-2)).toEqual([`${none[0]}: no such file`, `${none[1]}: is a folder, not a PDF`])
  expect(status).toBe(1)
}, 300_000)

test('without a running service one is started for the call, and is gone after it', async () => {
  const { status, stdout, stderr } = await extract('--json', GARNISHEE)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toHaveLength(1)
  const { provenance, fieldMapping } = ExtractionResult.parse(JSON.parse(stdout[0]!))
  expect(provenance).toMatchObject({ variant: 'extraction/lora-v1', adapter: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(Object.keys(fieldMapping).length).toBeGreaterThan(0)
  expect(left()).toEqual([])
}, 300_000)

test('a call that is stopped takes its service with it', async () => {
  const child = start(GARNISHEE)
  while (left().length === 0) await sleep(100)
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
  expect(left()).toEqual([])
}, 300_000)
