import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { readSettings } from '../../contracts/index.js'
import { observeRequests } from '../../telemetry/http.js'
import { createLog } from '../../telemetry/logs.js'
import { type ChannelDecision, DecisionRefused } from '../decide.js'
import { createGateway, type Gateway } from '../server.js'
import { SlackApi } from '../testing/slack-api.js'
import { sampleDecision, sampleNotice } from '../testing/samples.js'
import { quoteMessage } from './message.js'
import { signatureOf } from './verify.js'

const SECRET = 'a-signing-secret-of-slack'
const NOW = 1_780_000_000_000

describe('POST /slack/interactions', () => {
  const slack = new SlackApi()
  let gateway: Gateway
  let sent: ChannelDecision[]
  let outcome: () => Promise<ReturnType<typeof sampleDecision>>
  let apiUrl: string
  let lines: string[] = []
  const log = createLog('gateway', { write: (line) => void lines.push(line) })
  const observe = observeRequests('gateway').middleware

  beforeAll(async () => {
    apiUrl = await slack.url()
  })
  afterAll(() => slack.close())
  beforeEach(() => {
    sent = []
    lines = []
    slack.calls.length = 0
    outcome = async () => sampleDecision()
    const settings = readSettings({
      SLACK_SIGNING_SECRET: SECRET,
      SLACK_BOT_TOKEN: 'xoxb-test',
      SLACK_CHANNEL: 'C01',
      SLACK_API_URL: apiUrl,
    })
    const decide = (decision: ChannelDecision) => {
      sent.push(decision)
      return outcome()
    }
    gateway = createGateway({ settings, decider: { decide, runOf: async () => 'lora-v1-of-today' }, log, observe, now: () => NOW })
  })

  const { blocks } = quoteMessage(sampleNotice(), 'http://127.0.0.1:8080')
  const value = (blocks.at(-1) as { elements: { value: string }[] }).elements[0]!.value
  const click = (action: string, changes: object = {}) =>
    `payload=${encodeURIComponent(
      JSON.stringify({
        type: 'block_actions',
        user: { id: 'U2CERLKJA', username: 'roadrunner' },
        container: { type: 'message', channel_id: 'C01', message_ts: '1700000001.000100' },
        message: { blocks },
        actions: [{ action_id: action, value }],
        ...changes,
      }),
    )}`
  const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const timestamp = headers['x-slack-request-timestamp'] ?? String(NOW / 1000)
    return gateway.app.request('/slack/interactions', {
      method: 'POST',
      body: bytes,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signatureOf(SECRET, timestamp, bytes),
        ...headers,
      },
    })
  }
  const settled = async () => {
    await gateway.idle()
    return slack.calls
  }

  test('a click on Approve is sent as a decision on exactly that quote, and the message says so', async () => {
    const answer = await post(click('approve_spend'))
    expect(answer.status).toBe(200)
    const [call] = await settled()
    expect(sent).toEqual([
      {
        workflowId: 'fine-tune-extraction/lora-v1',
        quoteDigest: 'a'.repeat(64),
        planDigest: 'b'.repeat(64),
        approve: true,
        approver: 'U2CERLKJA',
        channel: 'slack',
      },
    ])
    expect(call).toMatchObject({ method: 'chat.update', args: { channel: 'C01', ts: '1700000001.000100' } })
    const shown = call!.args.blocks as { type: string; block_id?: string; text?: { text: string } }[]
    expect(shown.some((block) => block.type === 'actions')).toBe(false)
    expect(shown.at(-1)!.text!.text).toContain('Approved by <@U2CERLKJA> (verified)')
  })

  test('a click on Reject rejects', async () => {
    outcome = async () => sampleDecision({ approved: false })
    await post(click('reject_spend'))
    const [call] = await settled()
    expect(sent[0]!.approve).toBe(false)
    expect(call!.args.text).toContain('Rejected by <@U2CERLKJA>')
  })

  test('the answer does not wait for the run', async () => {
    let finish = (): void => undefined
    outcome = () =>
      new Promise((resolve) => {
        finish = () => resolve(sampleDecision())
      })
    const began = Date.now()
    expect((await post(click('approve_spend'))).status).toBe(200)
    expect(Date.now() - began).toBeLessThan(3000)
    finish()
    await settled()
  })

  test('a refusal by the run is shown with its reason, and the buttons stay for others', async () => {
    outcome = async () => Promise.reject(new DecisionRefused("approver: U2CERLKJA is not on this run's list", false))
    await post(click('approve_spend'))
    const [call] = await settled()
    expect(call!.args.text).toContain("U2CERLKJA is not on this run's list")
    expect((call!.args.blocks as { type: string }[]).some((block) => block.type === 'actions')).toBe(true)
  })

  test('a run that cannot be reached is told in the message, and in the log with its run and stage', async () => {
    outcome = async () => Promise.reject(new Error('Temporal is away'))
    await post(click('approve_spend'))
    const [call] = await settled()
    expect(call!.args.text).toContain('could not be reached')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', part: 'gateway', run: 'lora-v1-of-today', stage: 'awaiting-approval', message: 'Temporal is away' },
    ])
  })

  test('after a decision by someone else the buttons go', async () => {
    outcome = async () => Promise.reject(new DecisionRefused('Already approved by owner', true))
    await post(click('approve_spend'))
    const [call] = await settled()
    expect((call!.args.blocks as { type: string }[]).some((block) => block.type === 'actions')).toBe(false)
  })

  test.each([
    ['a forged signature', () => post(click('approve_spend'), { 'x-slack-signature': `v0=${'0'.repeat(64)}` }), 401],
    ['no signature', () => post(click('approve_spend'), { 'x-slack-signature': '' }), 401],
    ['a request of six minutes ago', () => post(click('approve_spend'), { 'x-slack-request-timestamp': String(NOW / 1000 - 360) }), 401],
    ['a truncated body', () => post(click('approve_spend').slice(0, -40)), 400],
    ['a body that is no form', () => post('{"payload":1}'), 400],
    ['bytes that are no text', () => post(new Uint8Array([0xff, 0xfe, 0, 1, 2])), 400],
    ['another kind of interaction', () => post(click('approve_spend', { type: 'view_submission' })), 400],
    ['a button of another app', () => post(click('delete_everything')), 400],
    ['a value that is no quote', () => post(click('x', { actions: [{ action_id: 'approve_spend', value: '{"quoteDigest":"1"}' }] })), 400],
    ['more than 256 KiB', () => post(`payload=${'x'.repeat(300_000)}`), 413],
  ])('%s is refused and changes nothing', async (_, send, status) => {
    expect((await send()).status).toBe(status)
    expect(await settled()).toEqual([])
    expect(sent).toEqual([])
  })

  test('the same request again is refused', async () => {
    expect((await post(click('approve_spend'))).status).toBe(200)
    expect((await post(click('approve_spend'))).status).toBe(409)
    await settled()
    expect(sent).toHaveLength(1)
  })
})
