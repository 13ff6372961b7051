import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { readSettings } from '../contracts/index.js'
import { observeRequests } from '../telemetry/http.js'
import { createLog } from '../telemetry/logs.js'
import { readTokens } from './bearer.js'
import { type ChannelDecision, DecisionRefused } from './decide.js'
import { createGateway } from './server.js'
import { sampleDecision, sampleNotice } from './testing/samples.js'
import { SlackApi } from './testing/slack-api.js'

const ADMIN = 'admin-token-of-this-platform'
const ALICE = 'alice-has-a-token-of-her-own'
const body = { workflowId: 'fine-tune-extraction/lora-v1', quoteDigest: 'a'.repeat(64), approve: true }

describe('the gateway', () => {
  const slack = new SlackApi()
  let slackUrl: string
  let sent: ChannelDecision[]
  let refusal: DecisionRefused | undefined
  let lines: string[] = []
  const log = createLog('gateway', { write: (line) => void lines.push(line) })
  /** What the log says, each line with the run and stage that it names. */
  const said = () =>
    lines
      .map((line) => JSON.parse(line) as { run: string | null; stage: string | null; message: string })
      .map(({ run, stage, message }) => `${run} ${stage}: ${message}`)
  beforeAll(async () => {
    slackUrl = await slack.url()
  })
  afterAll(() => slack.close())
  beforeEach(() => {
    lines = []
    sent = []
    refusal = undefined
    slack.calls.length = 0
  })

  const gatewayOf = (env: Record<string, string>) =>
    createGateway({
      settings: readSettings(env),
      log,
      observe: observeRequests('gateway').middleware,
      decider: {
        runOf: async () => 'lora-v1-of-today',
        decide: async (decision) => {
          sent.push(decision)
          if (refusal) throw refusal
          return sampleDecision({ channel: decision.channel, approver: decision.approver })
        },
      },
    }).app
  const full = () =>
    gatewayOf({
      FORMWRIGHT_ADMIN_TOKEN: ADMIN,
      FORMWRIGHT_APPROVER_TOKENS: `alice=${ALICE}`,
      FORMWRIGHT_APP_URL: 'http://127.0.0.1:8080',
      SLACK_BOT_TOKEN: 'xoxb-test',
      SLACK_CHANNEL: 'C01',
      SLACK_SIGNING_SECRET: 'secret',
      SLACK_API_URL: slackUrl,
    })
  const post = (path: string, token: string | undefined, json: unknown, app = full(), headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      body: typeof json === 'string' ? json : JSON.stringify(json),
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    })

  test('a decision is made in the name of the token, not of the body', async () => {
    const answer = await post('/decisions', ALICE, body)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ approver: 'alice', channel: 'gateway', assurance: 'verified' })
    expect((await post('/decisions', ALICE, { ...body, approver: 'bob' })).status).toBe(403)
    expect((await post('/decisions', ADMIN, body)).status).toBe(200)
    expect(sent.map((decision) => decision.approver)).toEqual(['alice', 'operator'])
    expect(said()).toEqual(Array(2).fill('lora-v1-of-today awaiting-approval: approved'))
  })

  test('without a token it knows it decides nothing and tells nobody', async () => {
    for (const token of [undefined, 'wrong', ADMIN.slice(1), `${ADMIN}x`])
      for (const path of ['/decisions', '/notices/quote', '/notices/run']) expect((await post(path, token, body)).status).toBe(401)
    expect((await post('/notices/quote', ALICE, sampleNotice())).status).toBe(401)
    expect(sent).toEqual([])
    expect(slack.calls).toEqual([])
  })

  test('a decision that is none is refused by the name of its field', async () => {
    for (const [wrong, name] of [
      [{ ...body, quoteDigest: 'short' }, 'quoteDigest'],
      [{ ...body, approve: 'yes' }, 'approve'],
      [{ ...body, maxDollars: -1 }, 'maxDollars'],
      ['{', 'body'],
    ] as const) {
      const answer = await post('/decisions', ALICE, wrong)
      expect(answer.status).toBe(400)
      expect(((await answer.json()) as { error: { message: string } }).error.message).toMatch(
        new RegExp(`^${name}: .*Nothing was decided\\.$`),
      )
    }
    expect(sent).toEqual([])
  })

  test("the run's refusal comes back with its reason", async () => {
    refusal = new DecisionRefused('The quote expired at noon', true)
    const answer = await post('/decisions', ALICE, body)
    expect(answer.status).toBe(409)
    expect(await answer.text()).toContain('The quote expired at noon')
    expect(said()).toEqual(['lora-v1-of-today awaiting-approval: a decision did not count'])
  })

  test('a quote is posted to Slack with its price, its cap and two buttons', async () => {
    const answer = await post('/notices/quote', ADMIN, sampleNotice())
    expect(await answer.json()).toEqual({ told: ['slack'] })
    const { args, token } = await slack.call('chat.postMessage')
    expect(token).toBe('xoxb-test')
    expect(args.channel).toBe('C01')
    const text = JSON.stringify(args.blocks)
    for (const part of [
      '$0.0088 for 13 min',
      '$5.00; at the cap the last checkpoint is used',
      'c7i.large in us-east-1a',
      '*Considered*\\nc7i.large in us-east-1a: $0.0421/h',
      'approve_spend',
      'reject_spend',
    ])
      expect(text).toContain(part)
  })

  test('a name in a quote cannot mention or link', async () => {
    const notice = sampleNotice()
    notice.workflowId = 'fine-tune-extraction/<!channel>'
    await post('/notices/quote', ADMIN, notice)
    const { args } = await slack.call('chat.postMessage')
    const shown = (args.blocks as { type: string }[]).filter((block) => block.type !== 'actions')
    expect(JSON.stringify(shown)).not.toContain('<!channel>')
  })

  test('Slack being busy is waited for', async () => {
    slack.next.push(new Response('', { status: 429, headers: { 'retry-after': '1' } }))
    const answer = await post('/notices/run', ADMIN, { kind: 'ended', run: 'r', workflowId: 'w', text: 'lora-v1: promoted' })
    expect(answer.status).toBe(200)
    expect((await slack.call('chat.postMessage')).args.text).toBe('lora-v1: promoted')
    expect(said()).toContainEqual(expect.stringMatching(/^null null: .*(rate|retry)/i))
  })

  test('what Slack refuses is an error of the notice, so that the worker tries again, and a line of the worker’s run', async () => {
    slack.next.push(Response.json({ ok: false, error: 'channel_not_found' }))
    const baggage = 'formwright.run=lora-v1-of-today,formwright.stage=committing'
    const notice = { kind: 'ended', run: 'lora-v1-of-today', workflowId: 'w', text: 'x' }
    expect((await post('/notices/run', ADMIN, notice, full(), { baggage })).status).toBe(502)
    expect(said()).toEqual(['lora-v1-of-today committing: An API error occurred: channel_not_found'])
  })

  test('a notice that is none is refused', async () => {
    const answer = await post('/notices/quote', ADMIN, { workflowId: 'w' })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('Nobody was told')
  })

  test('what is not configured says what is missing, and notices without Slack end quietly', async () => {
    const bare = gatewayOf({ FORMWRIGHT_ADMIN_TOKEN: ADMIN })
    expect((await bare.request('/health')).status).toBe(200)
    const away = await bare.request('/slack/interactions', { method: 'POST' })
    expect(away.status).toBe(503)
    expect(await away.text()).toContain('SLACK_SIGNING_SECRET')
    expect(await (await post('/notices/quote', ADMIN, sampleNotice(), bare)).json()).toEqual({ told: [] })
    expect((await post('/decisions', ADMIN, body, gatewayOf({}))).status).toBe(503)
  })

  test('approver tokens that are weak, double or for the operator are refused without being shown', () => {
    expect(readTokens(`alice=${ALICE}, bob=${ALICE}2`).size).toBe(2)
    for (const wrong of ['alice=short', 'alice', `operator=${ALICE}`, `alice=${ALICE},alice=${ALICE}`])
      expect(() => readTokens(wrong)).toThrow(/entry \d: expected name=token/)
    expect(() => readTokens('alice=short')).not.toThrow(/short$/)
  })
})
