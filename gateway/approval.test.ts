import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readSettings, RunProgress } from '../contracts/index.js'
import { observeRequests } from '../telemetry/http.js'
import { createLog } from '../telemetry/logs.js'
import { patientBench } from '../tests/browser/patient-bench.js'
import { type Bench, BENCH_START_MS } from '../tests/drills/simulation/bench.js'
import { Stage } from '../tests/drills/simulation/stage.js'
import { DECISION_KEY } from '../tests/drills/simulation/world.js'
import { Decider } from './decide.js'
import { createGateway, type Gateway } from './server.js'
import { signatureOf } from './slack/verify.js'
import { SlackApi } from './testing/slack-api.js'

const SECRET = 'a-signing-secret-of-slack'
const ADMIN = 'admin-token-of-this-platform'
const slack = new SlackApi()
let bench: Bench
let stage: Stage
let gateway: Gateway
const lines: string[] = []

beforeAll(async () => {
  bench = await patientBench()
  stage = await Stage.open(bench)
  const env = {
    FORMWRIGHT_ADMIN_TOKEN: ADMIN,
    SLACK_SIGNING_SECRET: SECRET,
    SLACK_BOT_TOKEN: 'xoxb-test',
    SLACK_CHANNEL: 'C01',
    SLACK_API_URL: await slack.url(),
  }
  const log = createLog('gateway', { write: (line) => void lines.push(line) })
  const { middleware: observe } = observeRequests('gateway')
  gateway = createGateway({ settings: readSettings(env), decider: new Decider(bench.client, DECISION_KEY), log, observe })
  stage.world.onQuote = async (notice) => {
    await post('/notices/quote', JSON.stringify(notice), { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' })
  }
}, BENCH_START_MS)
afterAll(async () => {
  await bench?.stop()
  await slack.close()
})

const post = (path: string, body: string, headers: Record<string, string>) => gateway.app.request(path, { method: 'POST', body, headers })

/** A click on a button of the n-th message in the channel, signed as Slack signs it. */
async function click(action: 'approve_spend' | 'reject_spend', n: number): Promise<Response> {
  const { args } = await slack.call('chat.postMessage', n)
  const blocks = args.blocks as { type: string; elements: { value?: string }[] }[]
  const value = blocks.find((block) => block.type === 'actions')!.elements[0]!.value
  const body = `payload=${encodeURIComponent(
    JSON.stringify({
      type: 'block_actions',
      user: { id: 'U2CERLKJA' },
      container: { type: 'message', channel_id: 'C01', message_ts: `170000000${n}.000100` },
      message: { blocks },
      actions: [{ action_id: action, value }],
    }),
  )}`
  const timestamp = String(Math.floor(Date.now() / 1000))
  return post('/slack/interactions', body, {
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signatureOf(SECRET, timestamp, Buffer.from(body)),
  })
}

test('a run that takes verified decisions only is rejected by a click in Slack, and a second click comes too late', async () => {
  const handle = await stage.start({ preset: 'tiny', approval: { assurance: 'verified' } })
  expect((await click('reject_spend', 1)).status).toBe(200)
  const { args } = await slack.call('chat.update', 1)
  expect(args.text).toContain('Rejected by <@U2CERLKJA> (verified)')
  await handle.result().catch(() => undefined)
  const { decision, run } = RunProgress.parse(await handle.query('progress'))
  expect(decision).toMatchObject({ approved: false, approver: 'U2CERLKJA', channel: 'slack', assurance: 'verified' })
  expect((await click('approve_spend', 1)).status).toBe(200)
  expect((await slack.call('chat.update', 2)).args.text).toContain('did not count')
  await gateway.idle()
  const whose = { part: 'gateway', run, stage: 'awaiting-approval', approver: 'U2CERLKJA' }
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { ...whose, message: 'rejected' },
    { ...whose, message: 'a decision did not count' },
  ])
}, 120_000)

test('the authenticated endpoint decides as verified, once', async () => {
  const handle = await stage.start({ preset: 'tiny', approval: { assurance: 'verified', approvers: ['operator'] } })
  await slack.call('chat.postMessage', 2)
  const { quote } = RunProgress.parse(await handle.query('progress'))
  const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' }
  const decide = (changes: object = {}) =>
    post('/decisions', JSON.stringify({ workflowId: handle.workflowId, quoteDigest: quote!.digest, approve: false, ...changes }), headers)
  const wrong = await decide({ quoteDigest: '0'.repeat(64) })
  expect(wrong.status).toBe(409)
  expect(await wrong.text()).toContain('quoteDigest: expected')
  const right = await decide()
  expect(await right.json()).toMatchObject({ approved: false, approver: 'operator', channel: 'gateway', assurance: 'verified' })
  expect((await decide()).status).toBe(409)
  await handle.result().catch(() => undefined)
}, 120_000)
