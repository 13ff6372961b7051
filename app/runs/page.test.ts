import { describe, expect, test } from '@jest/globals'
import type { RunProgress } from '../../contracts/index.js'
import { sampleQuote } from '../../gateway/testing/samples.js'
import type { Signed } from '../account/signed.js'
import { type RunPage, runPage, runsPage } from './page.js'
import type { ListedRun } from './temporal.js'

const signed = (approver: boolean): Signed => ({ account: { id: 1, name: 'owner', approver, epoch: 1 }, csrf: 'token' })
const RUN: ListedRun = {
  workflowId: 'fine-tune-extraction/lora-v1',
  runId: '01a2',
  status: 'running',
  startedAt: new Date('2026-05-01T10:00:00Z'),
  endedAt: undefined,
  stage: 'awaiting-approval',
  adapter: 'lora-v1',
  dollars: 0.0042,
  outcome: undefined,
}
const PROGRESS: RunProgress = {
  run: 'lora-v1-01a2',
  adapter: 'lora-v1',
  preset: 'quick',
  stage: 'awaiting-approval',
  ending: null,
  waitingFor: 'a decision on $0.01 expected, until 2026-05-01T11:00:00.000Z',
  quote: sampleQuote(),
  decision: null,
  refusedDecisions: [],
  attempts: [],
  training: null,
  dollars: 0.0042,
  candidate: null,
  startedAt: '2026-05-01T10:00:00.000Z',
}
const UI = 'http://127.0.0.1:8080/temporal/namespaces/default/workflows/fine-tune-extraction%2Flora-v1/01a2'
const page = async (changes: Partial<RunPage> = {}) =>
  String(await runPage({ signed: signed(true), run: RUN, progress: PROGRESS, ui: UI, ...changes }))

test('the list shows each run’s stage, cost and times, and leads to it and to the Web UI', async () => {
  const past = { ...RUN, status: 'completed', stage: undefined, outcome: 'not-promoted', endedAt: new Date('2026-05-01T12:30:00Z') }
  const list = String(await runsPage(signed(false), [RUN, past], { ui: 'http://127.0.0.1:8080/temporal', uiOf: () => UI }))
  expect(list.split(`href="${UI}"`)).toHaveLength(3)
  expect(list).toContain('href="http://127.0.0.1:8080/temporal"')
  expect(list).toContain('href="/runs/one?id=fine-tune-extraction%2Flora-v1&amp;run=01a2"')
  expect(list).toMatch(/awaiting-approval<[\s\S]*\$0\.0042[\s\S]*2026-05-01 10:00 UTC/)
  expect(list).toMatch(/not-promoted<[\s\S]*2026-05-01 12:30 UTC/)
})

describe('a run that waits for a decision', () => {
  test('shows an approver the quote with Approve and Reject, bound to its digests', async () => {
    const shown = await page()
    expect(shown).toContain(`<a href="${UI}">`)
    expect(shown).toMatch(/At most<\/dt><dd><strong>\$5\.00/)
    expect(shown).toMatch(/name="approve" value="true">Approve/)
    expect(shown).toMatch(/name="approve" value="false">Reject/)
    expect(shown).toContain(`name="quoteDigest" value="${PROGRESS.quote!.digest}"`)
    expect(shown).toContain('until 2026-05-01 11:00 UTC')
  })

  test('shows others the quote only', async () => {
    const shown = await page({ signed: signed(false) })
    expect(shown).toMatch(/At most<\/dt><dd><strong>\$5\.00/)
    expect(shown).not.toContain('name="approve"')
    expect(shown).toContain('Your account may not decide on quotes.')
  })

  test('that nobody answers for says so, and that it goes on', async () => {
    expect(await page({ progress: undefined })).toContain('No worker answers for this run now.')
  })
})

test('a decision that was made is shown with who made it, through what, and how far that is verified', async () => {
  const decision = {
    ...{ approved: true, quoteDigest: 'a'.repeat(64), maxDollars: 5, approver: 'owner' },
    ...{ channel: 'app' as const, assurance: 'verified' as const, at: '2026-05-01T10:05:00.000Z' },
  }
  const shown = await page({ progress: { ...PROGRESS, stage: 'training', decision } })
  expect(shown).toMatch(/<strong>Approved<\/strong> by owner through app \(verified\), 2026-05-01 10:05 UTC/)
  expect(shown).not.toContain('name="approve"')
})
