import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { simpleGit } from 'simple-git'
import { renderMarkdown, titleOf } from './markdown.js'
import { CatalogSource } from './source.js'

describe('markdown', () => {
  test('becomes headings, tables, links and pictures', () => {
    const shown = renderMarkdown('---\nkind: page\n---\n# lora-v1\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n![Loss](loss.svg) [log](log.md)')
    expect(shown).toContain('<h1>lora-v1</h1>')
    expect(shown).toContain('<td align="right">2</td>')
    expect(shown).toContain('<img src="loss.svg" alt="Loss" />')
    expect(shown).toContain('<a href="log.md">log</a>')
    expect(shown).not.toContain('kind: page')
  })

  test('names each table, and makes no head of nothing', () => {
    const table = '| | |\n|---|--:|\n| a | 1 |\n'
    const shown = renderMarkdown(`${table}\n${table}`)
    expect(shown).toContain('aria-label="Table 1"')
    expect(shown).toContain('aria-label="Table 2"')
    expect(shown).not.toMatch(/<th[ >]/)
  })

  test('keeps figures and their intervals whole, but not what is meant to be copied', () => {
    const shown = renderMarkdown('| 96.9 % (92.5–100.0) | (+0.0 to +2.8) |\n|---|---|\n\n`1 % 2–3`')
    expect(shown).toContain('96.9\u00a0% (92.5\u2060–\u2060100.0)')
    expect(shown).toContain('(+0.0\u00a0to\u00a0+2.8)')
    expect(shown).toContain('<code>1 % 2–3</code>')
  })

  test.each([
    ['<script>alert(1)</script>', 'script'],
    ['<img src=x onerror=alert(1)>', 'onerror'],
    ['<a href="javascript:alert(1)">x</a>', 'javascript'],
    ['[x](javascript:alert(1))', 'javascript'],
    ['<iframe src="https://example.org"></iframe>', 'iframe'],
    ['<form action="/runs/decide"><button>Approve</button></form>', '<form'],
    ['<p style="position:fixed">x</p>', 'style'],
    ['![x](https://example.org/pixel.png)', 'https://example.org'],
    ['![x](//example.org/pixel.png)', 'example.org'],
    ['<svg onload=alert(1)>', 'svg'],
  ])('%s is not let through', (markdown, forbidden) => {
    expect(renderMarkdown(markdown)).not.toContain(forbidden)
  })

  test('has the first heading as its title', () => {
    expect(titleOf('---\na: b\n---\n\n# The page\n')).toBe('The page')
    expect(titleOf('no heading')).toBeUndefined()
  })
})

describe('the source of pages', () => {
  let repository: string
  let source: CatalogSource
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'formwright-catalog-'))
    await mkdir(join(repository, 'catalog', 'experiments'), { recursive: true })
    await writeFile(join(repository, 'catalog', 'experiments', '_roadmap.md'), '# Roadmap\n')
    await writeFile(join(repository, 'secret.md'), 'secret')
    const git = simpleGit(repository)
    await git.init(['-b', 'main'])
    await git.addConfig('user.name', 'Test').addConfig('user.email', 'test@example.org')
    await git.add('.').commit('start')
    await git.checkoutLocalBranch('catalog/lora-v1-1234')
    await writeFile(join(repository, 'catalog', 'experiments', 'lora-v1.md'), '# A run\n')
    await git.add('.').commit('page')
    await git.checkout('main')
    source = new CatalogSource(repository)
  })
  afterAll(() => rm(repository, { recursive: true, force: true }))

  test('lists and reads what is in the checkout', async () => {
    expect(await source.pages()).toEqual([{ path: 'experiments/_roadmap.md', title: 'Roadmap' }])
    expect(await source.read('experiments/_roadmap.md')).toBe('# Roadmap\n')
    expect(await source.read('experiments/lora-v1.md')).toBeUndefined()
  })

  test('lists and reads what runs committed on branches of their own', async () => {
    expect(await source.runs()).toEqual([{ run: 'lora-v1-1234', at: expect.any(String), files: ['experiments/lora-v1.md'] }])
    expect((await source.readOf('lora-v1-1234', 'experiments/lora-v1.md'))?.trim()).toBe('# A run')
    expect(await source.pagesOf((await source.runs())[0]!)).toEqual([{ path: 'experiments/lora-v1.md', title: 'A run' }])
  })

  test.each(['../secret.md', 'experiments/../../secret.md', '/etc/passwd', '.git/config', 'experiments/%2e%2e/x.md', 'a.sh', '--help.md'])(
    'leaves the catalog for nobody: %s',
    async (path) => {
      expect(await source.read(path)).toBeUndefined()
      expect(await source.readOf('lora-v1-1234', path)).toBeUndefined()
    },
  )

  test.each(['main', '../../main', 'lora-v1-1234:secret.md', '--all'])('reads no branch that is not a run’s: %s', async (run) => {
    expect(await source.readOf(run, 'experiments/_roadmap.md')).toBeUndefined()
  })
})
