import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { Pair } from '../contracts/index.js'
import { MIN_PAIRS } from '../data/fine-tuning/extraction/curate.js'
import { ROOT } from '../infra/local/layout.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const README = read('README.md')
const section = (title: string): string => README.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? ''

test('the README says in three sentences what this is, then the two commands are all of the set-up', () => {
  const [, what] = /^# Formwright\n\n(.+)\n\n## Set up\n/.exec(README)!
  expect(what!.match(/[.!?](?= [A-Z]|$)/g)).toHaveLength(3)
  const [block, ...more] = [...section('Set up').matchAll(/```\n(.*?)```/gs)].map(([, commands]) => commands)
  expect(block).toBe('npm start\nnpm test\n')
  expect(more).toEqual([])
})

test('its pictures of the app, of the variants, of a quote and of a run in the Web UI are there, and every link leads somewhere', () => {
  const pictures = [...README.matchAll(/!\[([^\]]+)\]\(([^)]+)\)/g)].map(([, title, path]) => ({ title, path }))
  const shown = ['app', 'variants', 'Approve and Reject', 'Web UI with a run']
  expect(pictures.map(({ title }) => title)).toEqual(shown.map((part) => expect.stringContaining(part)))
  const links = [...README.matchAll(/\]\(((?!https?:)[^)#]+)/g)].map(([, path]) => path!)
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('it tells what each folder is, and names no command that does not exist', () => {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name),
  )
  const told = new Set([...section('Where things are').matchAll(/`([a-z]+)\/`/g)].map(([, name]) => name))
  expect(folders.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([])
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...README.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
  expect(section('From here to AWS')).toContain('docker-compose.temporal.yml')
})

test('licence, architecture with both flows, catalog and dataset card are here', () => {
  expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0/)
  expect(read('docs/architecture.md').match(/```mermaid\nflowchart/g)!.length).toBeGreaterThanOrEqual(2)
  const catalog = ['_roadmap', ...['_suite', 'lora-v1', 'log'].map((page) => `pdf-field-extraction/${page}`)]
  for (const page of catalog) expect(read(`catalog/experiments/${page}.md`)).toMatch(/^# /m)
  expect(read('data/fine-tuning/extraction/README.md')).toContain('checked')
})

test('at least fifty pairs of forms that we wrote ourselves are checked by hand', () => {
  const folder = 'data/fine-tuning/extraction/pairs'
  const pairs = readdirSync(join(ROOT, folder)).map((file) => Pair.parse(JSON.parse(read(join(folder, file)))))
  const ours = pairs.filter(({ provenance, review }) => provenance.source === 'authored' && review.state === 'checked')
  expect(ours.length).toBeGreaterThanOrEqual(MIN_PAIRS)
})
