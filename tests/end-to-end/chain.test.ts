import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { S3Store } from '../../activities/ports/s3.js'
import {
  CATALOG_DIR,
  CatalogEntry,
  type Quote,
  ROADMAP,
  RunOutcome,
  type RunRecord,
  STAGES,
  TAGS,
  workflowIdOf,
} from '../../contracts/index.js'
import { followRun } from '../../scripts/fine-tune-extraction.js'
import { RunClient } from '../../scripts/run-client.js'
import { killWorkerInEachStage } from './kill-worker.js'
import { startByCli, temporal } from './temporal-cli.js'
import { git, type Throwaway, throwawayPlatform } from './throwaway.js'
import { WithholdingProxy } from './withholding-proxy.js'

let setting: Throwaway
let s3: WithholdingProxy
let inference: WithholdingProxy
let runs: RunClient
let store: S3Store
/** The run whose worker was killed; the undisturbed one is measured against it. */
let killed: RunRecord

beforeAll(async () => {
  setting = await throwawayPlatform(async (portsFile) => {
    s3 = await WithholdingProxy.before('s3', portsFile)
    inference = await WithholdingProxy.before('inference', portsFile)
    return { FORMWRIGHT_S3_ENDPOINT: s3.url, FORMWRIGHT_INFERENCE_URL: inference.url }
  })
  runs = await RunClient.connect(setting.platform.env)
  store = new S3Store({ bucket: 'formwright', region: 'us-east-1', endpoint: s3.url })
}, 1_800_000)
afterAll(async () => {
  await runs?.close()
  await setting?.close()
  for (const proxy of [s3, inference]) proxy?.close()
}, 1_800_000)

/** What a run left in git: one commit on its own branch, with its page, its data and its row of the roadmap. */
function committed(run: string, adapter: string): RunRecord {
  const branch = `catalog/${run}`
  expect(git(setting.repository, 'log', '--format=%s', `main..${branch}`)).toHaveLength(1)
  const show = (path: string): string => git(setting.repository, 'show', `${branch}:${path}`).join('\n')
  expect(show(`${CATALOG_DIR}/${adapter}.md`)).toContain(run)
  expect(show(ROADMAP)).toContain(adapter)
  return CatalogEntry.parse(JSON.parse(show(`${CATALOG_DIR}/${adapter}.json`)))
}

/** The instances that a run launched, all of which have to be gone. */
async function instancesOf(run: string): Promise<string[]> {
  const instances = (await setting.platform.ec2.instances()).filter((instance) => instance.tags[TAGS.run] === run)
  expect(instances.filter((instance) => instance.state !== 'terminated' || instance.pids.length > 0)).toEqual([])
  return instances.map((instance) => instance.tags[TAGS.attempt]!)
}

const adapters = async (): Promise<string[]> => [...new Set((await store.list('adapters/')).map((key) => key.split('/')[1]!))]

async function weightsOf(digest: string): Promise<string> {
  const { files } = JSON.parse(Buffer.from((await store.get(`adapters/${digest}/manifest.json`))!.bytes).toString()) as {
    files: { path: string; sha256: string }[]
  }
  // README.md is the model card.
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors']))
  return files.find(({ path }) => path === 'adapter_model.safetensors')!.sha256
}

test('a tiny run whose worker is killed in each of its stages ends as if nothing had happened', async () => {
  const [before, head] = [await adapters(), git(setting.repository, 'rev-parse', 'HEAD')]
  const { handle } = await runs.start({ preset: 'tiny', adapter: 'killed' })
  expect(await killWorkerInEachStage({ ...setting, s3, inference, handle })).toEqual(STAGES)
  const outcome = RunOutcome.parse(await handle.result())
  killed = committed(outcome.run, 'killed')
  expect(killed).toMatchObject({
    ending: outcome.ending,
    attempts: [{ ending: 'done' }],
    training: { steps: 2 },
    decision: { approver: 'ann', channel: 'cli' },
  })
  expect(await instancesOf(outcome.run)).toEqual(['1'])
  expect((await adapters()).filter((digest) => !before.includes(digest))).toEqual([outcome.candidate])
  expect(killed.dollars).toBeGreaterThan(0)
  expect(killed.dollars).toBeLessThanOrEqual(killed.decision!.maxDollars)
  // The person's own checkout was never touched, and no worktree is left.
  expect(git(setting.repository, 'status', '--porcelain')).toEqual([])
  expect(git(setting.repository, 'rev-parse', 'HEAD')).toEqual(head)
  expect(git(setting.repository, 'worktree', 'list')).toHaveLength(1)
}, 2_400_000)

test('the same run undisturbed, started by the temporal CLI, gives the same adapter and the same figures', async () => {
  const started = await startByCli(setting.platform, '{"preset":"tiny","adapter":"calm"}')
  await reached('calm')
  const said: string[] = []
  const ended = await followRun({
    env: setting.platform.env,
    input: { adapter: 'calm' },
    yes: true,
    signal: AbortSignal.timeout(2_340_000),
    write: (text) => said.push(text),
  })
  expect(said.join('')).toMatch(/Following the open run.*Quote [0-9a-f]{12} for calm.*Approved.*training/s)
  const calm = committed(ended.run, 'calm')
  expect(ended).toMatchObject({ ending: killed.ending, page: `${CATALOG_DIR}/calm.md on branch catalog/${ended.run}` })
  expect(calm.lossCurve).toEqual(killed.lossCurve)
  expect(calm.lossCurve).toHaveLength(2)
  expect(await weightsOf(calm.candidate!)).toBe(await weightsOf(killed.candidate!))
  const scores = ({ evaluation }: RunRecord) => evaluation!.cases.map(({ variant, fixture, score }) => ({ variant, fixture, score }))
  expect(scores(calm)).toEqual(scores(killed))
  expect(scores(calm).map(({ variant }) => variant)).toEqual(expect.arrayContaining(['extraction/lora-v1', 'extraction/rules-v1']))
  expect(calm.evaluation!.summaries.filter(({ source }) => source === 'published').length).toBeGreaterThan(0)
  const result = RunOutcome.parse(await runs.handle(started.workflowId).result())
  expect(result).toMatchObject({ run: ended.run, ending: ended.ending })
}, 2_400_000)

/** Waits until an adapter's run asks for its decision. */
async function reached(adapter: string): Promise<Quote> {
  for (;;) {
    const progress = await runs.progress(runs.handle(workflowIdOf(adapter))).catch(() => null)
    if (progress?.quote) return progress.quote
    await sleep(200)
  }
}

const failureOf = (command: Promise<unknown>): Promise<string> =>
  command.then(
    (answer) => `no failure, but ${JSON.stringify(answer)}`,
    (error: { stderr?: string; stdout?: string; message: string }) => `${error.stderr ?? error.message}${error.stdout ?? ''}`,
  )

test('{} is enough of an input; while that run is open every other one is refused by its name', async () => {
  const { platform } = setting
  const first = await startByCli(platform, '{}')
  const quote = await reached('lora-v1')
  expect(quote.plan).toMatchObject({ adapter: 'lora-v1', compute: { maxAttempts: 3, maxHours: 6 } })

  const named = /Adapter lora-v1 already has a run: workflow fine-tune-extraction\/lora-v1/
  const second = await startByCli(platform, '{"preset":"tiny"}')
  expect(await failureOf(temporal(platform, 'workflow', 'result', '--workflow-id', second.workflowId))).toMatch(named)
  const byCommand = { env: platform.env, input: {}, yes: true, fresh: true, signal: AbortSignal.timeout(300_000), write: () => undefined }
  expect(await failureOf(followRun(byCommand))).toMatch(named)
  const byId = ['--workflow-id', workflowIdOf('lora-v1'), '--fail-existing']
  expect(await failureOf(startByCli(platform, '{}', ...byId))).toMatch(/already running.*fine-tune-extraction\/lora-v1/s)

  const payload = JSON.stringify({ quoteDigest: quote.digest, approver: 'ann', reason: 'not today' })
  await temporal(platform, 'workflow', 'signal', '--workflow-id', first.workflowId, '--name', 'rejectSpend', '--input', payload)
  expect(await runs.handle(first.workflowId).result()).toMatchObject({ ending: 'scope-deferred', reason: 'Rejected by ann: not today' })
}, 1_800_000)

test('wrong input given to the temporal CLI fails the run at once and names the field', async () => {
  const { workflowId } = await startByCli(setting.platform, '{"budget":{"maxDollars":-1}}')
  expect(await failureOf(temporal(setting.platform, 'workflow', 'result', '--workflow-id', workflowId))).toMatch(
    /Wrong input: budget\.maxDollars: Too small/,
  )
}, 300_000)
