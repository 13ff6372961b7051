import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ExtractionResult, Fixture, PROMPT_VERSION } from '../../contracts/index.js'
import { describeForm } from '../describe/index.js'
import { ExtractorUnavailable } from '../extractor.js'
import { scoreForm } from '../score.js'
import { CLAUDE_MODELS, createClaudeExtractor, dollarsOf } from './claude.js'
import type { ClaudeAnswer } from './claude-answer.js'
import { ClaudeUnavailable, retryAfterMs } from './claude-errors.js'

const FIXTURES = new URL('../../data/fine-tuning/extraction/fixtures/', import.meta.url)
interface Asked {
  headers: IncomingMessage['headers']
  body: {
    model: string
    stream: boolean
    system: { cache_control?: object }[]
    tools: { name: string; input_schema: object; cache_control?: object }[]
    tool_choice: object
    messages: { content: { type: string; source?: { media_type: string; data: string } }[] }[]
  }
}
let server: Server
let baseUrl: string
let asked: Asked[]
type Reply = (response: ServerResponse) => void
let answer: Reply
let pdf: Uint8Array
let gold: Fixture

beforeAll(async () => {
  pdf = new Uint8Array(await readFile(new URL('interdistrict-transfer.pdf', FIXTURES)))
  gold = Fixture.parse(JSON.parse(await readFile(new URL('interdistrict-transfer.json', FIXTURES), 'utf8')))
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      if (request.method !== 'POST' || request.url !== '/v1/messages') return void response.writeHead(404).end()
      asked.push({ headers: request.headers, body: JSON.parse(text) as Asked['body'] })
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  asked = []
})

const USAGE = { input_tokens: 9_000, output_tokens: 2_000, cache_creation_input_tokens: 1_000, cache_read_input_tokens: 500 }

/** A streamed message, as the API sends it; `upTo` cuts the connection after so many events. */
function stream(
  content: ({ type: 'tool_use'; input: unknown } | { type: 'text'; text: string })[],
  stop: string,
  upTo = Number.POSITIVE_INFINITY,
): Reply {
  const { output_tokens, ...input } = USAGE
  const events: [string, object][] = [
    [
      'message_start',
      {
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: CLAUDE_MODELS['extraction/haiku'],
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...input, output_tokens: 1 },
        },
      },
    ],
    ...content.flatMap((block, index): [string, object][] => {
      const json = block.type === 'tool_use' ? JSON.stringify(block.input) : ''
      const half = Math.floor(json.length / 2)
      const start =
        block.type === 'tool_use' ? { type: 'tool_use', id: 'toolu_1', name: 'record_form', input: {} } : { type: 'text', text: '' }
      const deltas =
        block.type === 'tool_use'
          ? [json.slice(0, half), json.slice(half)].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
          : [{ type: 'text_delta', text: block.text }]
      return [
        ['content_block_start', { index, content_block: start }],
        ...deltas.map((delta): [string, object] => ['content_block_delta', { index, delta }]),
        ['content_block_stop', { index }],
      ]
    }),
    ['message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens } }],
    ['message_stop', {}],
  ]
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const [type, data] of events.slice(0, upTo)) response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    if (upTo < events.length) response.destroy()
    else response.end()
  }
}
const refuse =
  (status: number, type: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ type: 'error', error: { type, message: 'no' } }))

const extract = (signal?: AbortSignal) =>
  createClaudeExtractor('extraction/haiku', { apiKey: 'test-key', baseUrl }).extract(pdf, { signal })
const failure = (): Promise<ClaudeUnavailable> =>
  extract().then(
    () => Promise.reject(new Error('expected a failure')),
    (error: ClaudeUnavailable) => error,
  )

/** The gold spec as a model that reads perfectly would record it. */
async function perfect(): Promise<ClaudeAnswer> {
  const markers = new Map((await describeForm(pdf)).markers.map((m) => [`${m.page}/${m.index}`, m.id]))
  return {
    title: gold.spec.title,
    groups: gold.spec.groups.map(({ title, requirements }) => ({
      title,
      requirements: requirements.map((r) => ({
        label: r.label,
        fieldType: r.fieldType,
        required: r.required,
        sensitivity: r.sensitivity ?? 'low',
        markers: (gold.fieldMapping[r.fieldName] ?? []).map((w) => markers.get(`${w.page}/${w.index}`)!),
      })),
    })),
  }
}

test("a form goes out as a document with the spec's schema as a tool, and comes back bound to its widgets and priced by its usage", async () => {
  const input = await perfect()
  answer = stream([{ type: 'tool_use', input }], 'tool_use')
  const result = ExtractionResult.parse(await extract())
  const score = scoreForm(gold, result)
  expect(score).toMatchObject({ matched: score.gold, type: score.gold, sensitivity: score.gold, group: score.gold, predicted: score.gold })
  const tokens = { prompt: 10_500, completion: 2_000 }
  expect(result.provenance).toMatchObject({
    variant: 'extraction/haiku',
    adapter: 'claude-haiku-4-5',
    promptVersion: PROMPT_VERSION,
    tokens,
  })
  expect(result.provenance.dollars).toBeCloseTo((9_000 * 1 + 2_000 * 5 + 1_000 * 1.25 + 500 * 0.1) / 1e6, 10)
  const [{ headers, body }] = asked as [Asked]
  expect(headers.authorization).toBe('Bearer test-key')
  expect(body).toMatchObject({ model: 'claude-haiku-4-5', stream: true, tool_choice: { type: 'tool', name: 'record_form' } })
  expect(body.messages[0]!.content[0]).toMatchObject({
    type: 'document',
    source: { media_type: 'application/pdf', data: Buffer.from(pdf).toString('base64') },
  })
  expect(body.system[0]!.cache_control).toEqual({ type: 'ephemeral' })
  expect(body.tools[0]).toMatchObject({
    cache_control: { type: 'ephemeral' },
    input_schema: { type: 'object', required: ['title', 'groups'] },
  })
})

test('one widget belongs to one field, and widgets that are not there bind nothing', async () => {
  const field = { fieldType: 'text' as const, required: false, sensitivity: 'low' as const }
  const requirements = [
    { ...field, label: 'Name', markers: [1, 1, 9_999] },
    { ...field, label: 'Name', markers: [1] },
  ]
  answer = stream([{ type: 'tool_use', input: { title: 'T', groups: [{ title: 'G', requirements }] } }], 'tool_use')
  const { spec, fieldMapping } = await extract()
  expect(spec.groups[0]!.requirements.map((r) => [r.id, fieldMapping[r.fieldName]!.length])).toEqual([
    ['name', 1],
    ['name-2', 0],
  ])
})

const REPLIES: [string, Reply, boolean, number | undefined][] = [
  ['429 with its Retry-After', refuse(429, 'rate_limit_error', { 'retry-after': '7' }), false, 7_000],
  ['429 without one', refuse(429, 'rate_limit_error'), false, undefined],
  ['529', refuse(529, 'overloaded_error'), false, 15_000],
  ['500', refuse(500, 'api_error'), false, undefined],
  ['401', refuse(401, 'authentication_error'), true, undefined],
  ['400', refuse(400, 'invalid_request_error'), true, undefined],
  [
    'an overload in the middle of the answer',
    (response: ServerResponse) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"no"}}\n\n'),
    false,
    15_000,
  ],
  ['a connection that is cut', stream([{ type: 'text', text: 'Well' }], 'end_turn', 3), false, undefined],
  ['an answer cut off at its maximum', stream([{ type: 'tool_use', input: { title: 'T' } }], 'max_tokens'), true, undefined],
  ['a refusal', stream([{ type: 'text', text: 'No' }], 'refusal'), true, undefined],
  ['words instead of the tool', stream([{ type: 'text', text: 'Here is the form' }], 'end_turn'), true, undefined],
  [
    'an answer that is not the schema',
    stream(
      [{ type: 'tool_use', input: { title: 'T', groups: [{ title: 'G', requirements: [{ label: 'x', fieldType: 'colour' }] }] } }],
      'tool_use',
    ),
    true,
    undefined,
  ],
]

test.each(REPLIES)('%s says whether to ask again, and when', async (_, reply, permanent, wait) => {
  answer = reply
  const error = await failure()
  expect(error).toBeInstanceOf(ClaudeUnavailable)
  expect([error.permanent, error.retryAfterMs]).toEqual([permanent, wait])
  expect(asked).toHaveLength(1)
})

test('without a key it is refused before anything is asked', () => {
  expect(() => createClaudeExtractor('extraction/sonnet', {})).toThrow(ExtractorUnavailable)
})

test('a caller that gives up ends the request', async () => {
  answer = (_response) => {}
  const giveUp = new AbortController()
  const running = extract(giveUp.signal)
  setTimeout(() => giveUp.abort(), 300)
  await expect(running).rejects.not.toBeInstanceOf(ClaudeUnavailable)
})

test('dollars follow the usage, cached tokens at their own prices', () => {
  const price = { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3, source: 'a list', on: '2026-01-01' }
  expect(dollarsOf({ ...USAGE, input_tokens: 0, output_tokens: 0 }, price)).toBeCloseTo((1_000 * 3.75 + 500 * 0.3) / 1e6, 12)
})

test('Retry-After is read as seconds and as a date, within bounds', () => {
  expect([
    retryAfterMs('3', 0),
    retryAfterMs('Thu, 01 Jan 1970 00:00:05 GMT', 1_000),
    retryAfterMs('99999', 0),
    retryAfterMs('soon', 0),
    retryAfterMs(null, 0),
  ]).toEqual([3_000, 4_000, 600_000, undefined, undefined])
})
