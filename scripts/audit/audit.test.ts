import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { entryOf } from '../../activities/catalog/entry.js'
import { entryJson } from '../../activities/catalog/files.js'
import { canonicalJson, sha256 } from '../../activities/ports/digests.js'
import { CatalogEntry, RunRecord, SweepEntry } from '../../contracts/index.js'
import { BENCH_START_MS } from '../../tests/drills/simulation/bench.js'
import type { MemoryStore } from '../../tests/drills/simulation/memory-store.js'
import { Audited, FORMS } from './audited.js'
import type { Finding } from './finding.js'
import type { History } from './history.js'
import { type AuditPorts, audit } from './index.js'
import { findPage, type PageSource } from './source.js'

// A bundle takes ten seconds of a core of its own; cores are shared.
jest.setTimeout(240_000)
let place: Audited
let ports: AuditPorts
let source: PageSource
let entry: CatalogEntry
let histories: Map<string, History>
let store: MemoryStore

beforeAll(async () => {
  place = await Audited.make()
  ;({ source, histories } = place.run)
  // Children are replayed once, for the honest page: a replay takes a second.
  ports = { ...place.audited(place.run), histories: async () => new Map([...histories].slice(0, 1)) }
  store = place.store
  entry = CatalogEntry.parse(JSON.parse((await source.read(source.page.replace('.md', '.json')))!))
}, BENCH_START_MS)
afterAll(() => place.remove())

const wrong = (findings: Finding[]): string[] => [...new Set(findings.filter((f) => !f.holds).map((f) => f.check))].sort()

/** The page's files with some of them changed. */
const changed = (edits: Record<string, (text: string) => string>): PageSource => ({
  ...source,
  read: async (path) => {
    const text = await source.read(path)
    const edit = Object.entries(edits).find(([end]) => path.endsWith(end))?.[1]
    return text === null || !edit ? text : edit(text)
  },
})

/** A forged JSON whose page was rendered anew from it, so that only what lies outside can tell. */
async function forged(change: (entry: CatalogEntry) => void): Promise<PageSource> {
  const { renderEntry } = await import('../../activities/catalog/files.js')
  const copy = structuredClone(entry)
  change(copy)
  const files = new Map([...(await renderEntry(copy)), [source.page.replace('.md', '.json'), entryJson(copy)]])
  return { ...source, read: async (path) => files.get(path) ?? source.read(path) }
}

/** Audits with an object of the store changed, and puts it back. */
async function withObject(key: string, bytes: Uint8Array, work: () => Promise<void>): Promise<void> {
  const kept = store.objects.get(key)!
  store.objects.set(key, bytes)
  await work().finally(() => store.objects.set(key, kept))
}

test('everything of an honest page holds', async () => {
  const findings = await audit(place.audited(place.run), source)
  expect(findings.filter((f) => !f.holds)).toEqual([])
  expect(findings.filter((f) => f.check === 'replay')).toHaveLength(histories.size)
  expect(new Set(findings.map((f) => f.check))).toEqual(new Set(['page', 'figures', 'store', 'cases', 'git', 'history', 'replay']))
})

test('a number changed on the page is found', async () => {
  const findings = await audit(ports, changed({ '.md': (text) => text.replace(/Recall [\d.]+ %/, 'Recall 99.9 %') }))
  expect(wrong(findings)).toEqual(['git', 'page'])
})

test('a chart that shows something else is found', async () => {
  const findings = await audit(ports, changed({ '-differences.svg': (text) => text.replace(/M\d/, 'M7') }))
  expect(wrong(findings)).toEqual(['git', 'page'])
})

test('a better figure in the JSON, with the page rendered from it, is found', async () => {
  const better = await forged((copy) => {
    copy.evaluation!.summaries[0]!.metrics.recall!.value = 0.99
  })
  expect(wrong(await audit(ports, better))).toEqual(['figures', 'git', 'history', 'store'])
})

test('a leak that is said to be smaller than it is is found', async () => {
  const smaller = await forged((copy) => {
    copy.dataset!.leak!.windows = 7
    copy.spendGates = entryOf(RunRecord.parse(copy)).spendGates
  })
  expect(wrong(await audit(ports, smaller))).toEqual(['git', 'history', 'store'])
})

test('a forged approver is found in the history', async () => {
  const other = await forged((copy) => {
    copy.decision!.approver = 'the director'
  })
  const findings = await audit(ports, other)
  expect(wrong(findings)).toEqual(['git', 'history'])
  expect(findings.some((f) => f.detail.includes('by the director over cli was never sent'))).toBe(true)
})

test('less money on the page than the training reported is found', async () => {
  const cheap = await forged((copy) => {
    copy.dollars = 0.0001
  })
  expect(wrong(await audit(ports, cheap))).toContain('history')
})

test('more money than was approved is found', async () => {
  const dear = await forged((copy) => {
    copy.dollars = 50
  })
  expect((await audit(ports, dear)).some((f) => !f.holds && /\$50 spent, but only \$[\d.]+ was allowed/.test(f.detail))).toBe(true)
})

test('a dataset that was changed in the object store is found', async () => {
  await withObject(`datasets/${entry.dataset!.digest}/train.jsonl`, Buffer.from('other'), async () => {
    expect(wrong(await audit(ports, source))).toEqual(['store'])
  })
})

test('a stored case that was changed is found, and so is one whose digest on the page was changed with it', async () => {
  const { key } = entry.evaluation!.cases[0]!.stored!
  const stored = JSON.parse(Buffer.from(store.objects.get(key)!).toString()) as { case: { score: { matched: number } } }
  stored.case.score.matched += 5
  const bytes = Buffer.from(canonicalJson(stored))
  await withObject(key, bytes, async () => {
    expect(wrong(await audit(ports, source))).toEqual(['cases'])
    const both = await forged((copy) => {
      copy.evaluation!.cases[0]!.score.matched += 5
      copy.evaluation!.cases[0]!.stored!.sha256 = sha256(bytes)
    })
    const findings = await audit(ports, both)
    expect(findings.some((f) => f.check === 'cases' && !f.holds && f.detail.includes('scored again: matched'))).toBe(true)
  })
})

test('a page is held against the code of the commit that it names: its templates, scoring, forms and workflows', async () => {
  const reworded = (text: string): string =>
    text.replace('Nothing is live under this name.', 'Nothing.').replace('points to this', 'is this')
  const codeCommit = place.changedCode({
    'activities/catalog/page.ts': reworded,
    'extraction/score.ts': (text) => text.replace('const MIN_OVERLAP = 0.5', 'const MIN_OVERLAP = 1.1'),
    [`data/fine-tuning/extraction/fixtures/${FORMS[0]}.json`]: (text) => text.replace('"title": "', '"title": "Other '),
    'workflows/fine-tune-extraction.ts': (text) =>
      text.replace("await this.state.enter('curating'", "await quick.readLive('other')\n    $&"),
  })
  const findings = await audit(
    ports,
    await forged((copy) => {
      copy.codeCommit = codeCommit
    }),
  )
  expect(wrong(findings)).toEqual(['cases', 'git', 'history', 'page', 'replay'])
  const details = findings.filter((f) => !f.holds).map((f) => f.detail)
  expect(details).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/lora-v1\.md: line \d+ is .*points to this.*the JSON gives .*is this/),
      expect.stringMatching(/the form's gold in the commit of the run's code is another than was measured/),
      expect.stringMatching(new RegExp(`on ${FORMS[1]}: scored again: located is`)),
      expect.stringMatching(/lora-v1: .*[Nn]ondeterminism/),
    ]),
  )
})

test("a page stays as true as it was when a form's gold is corrected, or figures are published, after it", async () => {
  const later = {
    [`${FORMS[0]}.json`]: (text: string) => text.replace('"title": "', '"title": "Other '),
    'published-figures.json': () => '{}',
  }
  expect(wrong(await audit(ports, changed(later)))).toEqual([])
})

test('a history that was edited does not replay', async () => {
  const { events } = histories.get(entry.workflowId)!
  const scheduled = events!.map((event) => event.activityTaskScheduledEventAttributes?.activityType)
  const curating = scheduled.find((type) => type?.name === 'curateDataset')!
  curating.name = 'promote'
  const findings = await audit(ports, source).finally(() => {
    curating.name = 'curateDataset'
  })
  expect(wrong(findings)).toEqual(['replay'])
})

test("a history that is gone, a child's too, or of another run, does not hold", async () => {
  const gone = await audit({ ...ports, histories: async () => new Map() }, source)
  expect(wrong(gone)).toEqual(['history'])
  const child = new Map<string, History | null>([...histories].map(([id, history], i) => [id, i === 0 ? history : null]))
  expect(wrong(await audit({ ...ports, histories: async () => child }, source))).toEqual(['replay'])
  const other = await forged((copy) => {
    copy.runId = 'another'
  })
  expect((await audit(ports, other)).some((f) => f.check === 'history' && !f.holds && f.detail.includes('that of the run'))).toBe(true)
})

test("a branch without the run's commit, and a code commit that is nowhere, are found", async () => {
  const commit = place.git('rev-parse', entry.branch)
  place.git('update-ref', '-d', `refs/heads/${entry.branch}`)
  try {
    expect(wrong(await audit(ports, source))).toEqual(['git'])
  } finally {
    place.git('update-ref', `refs/heads/${entry.branch}`, commit)
  }
  const nowhere = await forged((copy) => {
    copy.codeCommit = 'f'.repeat(40)
  })
  const findings = await audit(ports, nowhere)
  expect(wrong(findings)).toEqual(['cases', 'figures', 'git', 'history', 'page', 'replay', 'store'])
  expect(findings.filter((f) => f.detail.includes(`the code of ${'f'.repeat(40)} cannot be had`))).toHaveLength(5)
})

test('a page without its JSON is refused, and one that is nowhere says where pages are', async () => {
  expect(wrong(await audit(ports, changed({ '.json': () => '{' })))).toEqual(['page'])
  await expect(findPage(place.dir, ports.repository.git(), 'catalog/nothing.md')).rejects.toThrow('git branch --list')
})

test('everything of an honest sweep page holds, and what is forged in it is found', async () => {
  const { source: page } = place.sweep
  const of = place.audited(place.sweep)
  const alone = { ...of, histories: async () => new Map([...place.sweep.histories].slice(0, 1)) }
  const honest = await audit(of, page)
  expect(honest.filter((f) => !f.holds)).toEqual([])
  expect(new Set(honest.map((f) => f.check))).toEqual(new Set(['page', 'figures', 'store', 'cases', 'git', 'history', 'replay']))
  const { renderSweep } = await import('../../activities/catalog/files.js')
  const path = page.page.replace('.md', '.json')
  const original = SweepEntry.parse(JSON.parse((await page.read(path))!))
  const forgedSweep = async (change: (entry: SweepEntry) => void): Promise<string[]> => {
    const copy = structuredClone(original)
    change(copy)
    const files = new Map([...(await renderSweep(copy)), [path, entryJson(copy)]])
    return wrong(await audit(alone, { ...page, read: async (file) => files.get(file) ?? page.read(file) }))
  }
  const cheaper = await forgedSweep((copy) => {
    copy.dollars -= copy.configurations[0]!.dollars - 0.0001
    copy.configurations[0]!.dollars = 0.0001
  })
  expect(cheaper).toEqual(['git', 'history'])
  const better = await forgedSweep((copy) => {
    copy.configurations[1]!.evaluation!.summaries[0]!.metrics.recall!.value = 0.99
  })
  expect(better).toEqual(['figures', 'git', 'history', 'store'])
  const other = await forgedSweep((copy) => {
    copy.winner = copy.configurations.find((one) => one.name !== copy.winner)!.name
  })
  expect(other).toContain('history')
})
