import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { SEARCH_ATTRIBUTES } from '../../contracts/index.js'
import { ROOT } from '../../infra/local/layout.js'
import { committed } from './nixos/rendered.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const PAGES = [
  'docs/app.md',
  'docs/runbook.md',
  'docs/demo.md',
  'docs/observability.md',
  'docs/larger-bases.md',
  'infra/aws/README.md',
  'infra/nixos/README.md',
]
const Alarms = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({ alert: z.string(), expr: z.string(), annotations: z.object({ summary: z.string(), runbook: z.string() }) }),
      ),
    }),
  ),
})
const alarms = Alarms.parse(parse(read('infra/observability/alarms.yaml'))).groups.flatMap((group) => group.rules)

/** A heading as GitHub makes it an anchor. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
const anchorsOf = (markdown: string): string[] => [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading!))

test.each(PAGES)('every command of ours that %s tells to type exists', (page) => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')))
  const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

test.each(PAGES)('every file, folder and section that %s points to exists', (page) => {
  const text = read(page)
  const code = [...text.matchAll(/`((?:docs|infra|tests|activities|contracts|training|data|scripts)\/[\w./-]+)`/g)].map(([, path]) => path!)
  const links = [...text.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, target]) => target!)
  const missing = links.filter((target) => {
    const [path, section] = target.split('#') as [string, string | undefined]
    const file = path === '' ? join(ROOT, page) : join(ROOT, page, '..', path)
    return !existsSync(file) || (section !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(section))
  })
  expect([...code.filter((path) => !existsSync(join(ROOT, path))), ...missing]).toEqual([])
})

test('the demo goes from a clone to an approved run, with a picture of the gate, the message, the variants, an extraction and the page', () => {
  const demo = read('docs/demo.md')
  expect(demo.indexOf('git clone')).toBeLessThan(demo.indexOf('npm start'))
  const pictures = [...demo.matchAll(/^!\[([^\]]+)\]\(images\/([\w-]+\.png)\)$/gm)].map(([, title, file]) => `${file}: ${title}`)
  for (const shown of [
    /^temporal-\w+\.png: .*gate.*Web UI/,
    /^slack-message\.png: .*Slack/,
    /^app-variants\.png: Variants/,
    /^app-result\.png: An extraction/,
    /^app-catalog-page\.png: The page of a run/,
  ])
    expect(pictures).toContainEqual(expect.stringMatching(shown))
  for (const [file] of pictures.map((picture) => picture.split(':'))) {
    const bytes = readFileSync(join(ROOT, 'docs/images', file!))
    expect([file, bytes.subarray(1, 4).toString()]).toEqual([file, 'PNG'])
    // Wide enough to read, by PNG's own header.
    expect([file, bytes.readUInt32BE(16) >= 600]).toEqual([file, true])
  }
})

test('every picture is shown somewhere', () => {
  const shown = [
    'README.md',
    ...readdirSync(join(ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
  const text = shown.map(read).join('\n')
  expect(readdirSync(join(ROOT, 'docs', 'images')).filter((name) => !text.includes(`images/${name})`))).toEqual([])
})

test.each(alarms)('the alarm $alert has its section in the runbook', ({ alert, annotations }) => {
  expect(annotations.runbook).toBe(`docs/runbook.md#${anchor(alert)}`)
  expect(anchorsOf(read('docs/runbook.md'))).toContain(anchor(alert))
})

test('metrics, search attributes and units are called what the pages call them', () => {
  const source = ['inference/formwright_inference/metrics.py', 'telemetry/http.ts', 'workers/telemetry/counts.ts'].map(read).join('\n')
  const observability = read('docs/observability.md')
  const metrics = [...observability.matchAll(/`(formwright_\w+)/g)].map(([, name]) => name!.replace(/_total$/, ''))
  expect(metrics.length).toBeGreaterThan(6)
  expect(metrics.filter((name) => !new RegExp(`['"]${name}(_total)?['"]`).test(source))).toEqual([])
  for (const [, name] of observability.matchAll(/'(Formwright\w+)=/g)) expect(Object.keys(SEARCH_ATTRIBUTES)).toContain(name)
  const units = [...read('docs/runbook.md').matchAll(/(?:restart|-u) (formwright-[a-z]+)/g)].map(([, unit]) => `${unit}.service`)
  expect(units.filter((unit) => !(unit in committed()))).toEqual([])
})
