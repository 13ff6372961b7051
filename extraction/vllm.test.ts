import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CompletionRequest } from '../contracts/index.js'
import { complete, InferenceUnavailable } from './inference-client.js'
import { requestFor } from './variants/lora-requests.js'

const DIGEST = 'c'.repeat(64)
const MODELS = {
  object: 'list',
  data: [
    { id: 'Mistral-7B-Instruct-v0.3', object: 'model', owned_by: 'vllm', root: '/bases/Mistral', parent: null, max_model_len: 4096 },
    { id: DIGEST, object: 'model', owned_by: 'vllm', root: `/adapters/${DIGEST}`, parent: 'Mistral-7B-Instruct-v0.3' },
    { id: 'lora-v1', object: 'model', owned_by: 'vllm', root: `/adapters/${DIGEST}/`, parent: 'Mistral-7B-Instruct-v0.3' },
    { id: 'stray', object: 'model', owned_by: 'vllm', root: '/tmp/some-adapter', parent: 'Mistral-7B-Instruct-v0.3' },
  ],
}
/** Fields of vLLM's CompletionRequest that we send; anything else would go unread there. */
const READ = ['model', 'prompt', 'max_tokens', 'temperature', 'seed', 'logprobs', 'stop', 'structured_outputs']

let server: Server
let asked: CompletionRequest[]

/** What vLLM's OpenAI server does with a completion, as its protocol has it: one grammar a request, its own extra fields in the answer. */
async function vllm(): Promise<string> {
  asked = []
  server = createServer(async (request, answer) => {
    const json = (status: number, body: unknown) =>
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== 'Bearer key-of-sixteen-letters') return json(401, { error: 'Unauthorized' })
    if (request.url === '/v1/models') return json(200, MODELS)
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text) as CompletionRequest
    if (Object.keys(body).some((field) => !READ.includes(field))) return json(400, { error: { message: 'unread field' } })
    const grammar = body.structured_outputs?.grammar
    if (grammar !== undefined && typeof grammar !== 'string')
      return json(400, { error: { message: 'grammar: Input should be a valid string', type: 'BadRequestError', param: null, code: 400 } })
    asked.push(body)
    return json(200, {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1,
      model: body.model,
      choices: [
        {
          index: 0,
          text: `answer to ${body.prompt as string}`,
          logprobs: { text_offset: [0], token_logprobs: [-0.2], tokens: ['a'], top_logprobs: [{ a: -0.2 }] },
          finish_reason: 'stop',
          stop_reason: null,
          token_ids: null,
          prompt_logprobs: null,
        },
      ],
      service_tier: null,
      system_fingerprint: null,
      usage: { prompt_tokens: 3, total_tokens: 4, completion_tokens: 1, prompt_tokens_details: null },
      kv_transfer_params: null,
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
afterEach(() => new Promise((closed) => server.close(closed)))

const options = async () => ({ url: await vllm(), token: 'key-of-sixteen-letters', api: 'vllm' as const })
const request = (model: string): CompletionRequest => ({
  ...requestFor(model, []),
  max_tokens: 8,
  prompt: ['one', 'two'],
  structured_outputs: { grammar: ['start: "1"', 'start: "2"'] },
})

test('each window is asked for with its own grammar, and the answers come back in their order with the adapter’s digest', async () => {
  const answer = await complete(request('lora-v1'), await options())
  expect(answer).toMatchObject({ adapter: DIGEST, usage: { prompt: 6, completion: 2 } })
  expect(answer.completions.map(({ text, finished }) => [text, finished])).toEqual([
    ['answer to one', true],
    ['answer to two', true],
  ])
  const grammars = asked.map(({ prompt, structured_outputs }) => [prompt, structured_outputs?.grammar])
  expect(grammars).toEqual(
    expect.arrayContaining([
      ['one', 'start: "1"'],
      ['two', 'start: "2"'],
    ]),
  )
})

test('the base model answers as base, and an adapter can be asked for by its digest', async () => {
  expect((await complete(request('Mistral-7B-Instruct-v0.3'), await options())).adapter).toBe('base')
  await new Promise((closed) => server.close(closed))
  expect((await complete(request(DIGEST), await options())).adapter).toBe(DIGEST)
})

test('an adapter whose folder does not name its digest, or that is not there, is not taken', async () => {
  await expect(complete(request('stray'), await options())).rejects.toThrow(/named after the adapter's digest/)
  await new Promise((closed) => server.close(closed))
  const unknown = complete(request('lora-v9'), await options())
  await expect(unknown).rejects.toThrow(InferenceUnavailable)
  await expect(unknown).rejects.toThrow('vLLM serves no model lora-v9')
})

test('without `api: vllm` a list of grammars is refused there, in its own words', async () => {
  const { prediction: _, ...known } = request('lora-v1')
  await expect(complete(known, { ...(await options()), api: undefined })).rejects.toThrow('Input should be a valid string')
})
