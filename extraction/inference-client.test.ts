import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CompletionRequest } from '../contracts/index.js'
import { complete, InferenceUnavailable } from './inference-client.js'

const request: CompletionRequest = { model: 'lora-v1', prompt: ['x'], max_tokens: 8, temperature: 0 }
const completion = {
  id: 'c',
  object: 'text_completion',
  created: 1,
  model: 'lora-v1',
  choices: [
    { index: 1, text: 'second', finish_reason: 'length' },
    { index: 0, text: 'first', finish_reason: 'stop', logprobs: { tokens: ['first'], token_logprobs: [-0.1] } },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
}

let server: Server
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
afterEach(() => new Promise((resolve) => server.close(resolve)))

test('completions come back in the order of the prompts, with the adapter that gave them', async () => {
  const url = await serve((req, res) => {
    expect(req.headers.authorization).toBe('Bearer secret-of-sixteen')
    res.writeHead(200, { 'content-type': 'application/json', 'x-formwright-adapter': 'abc' }).end(JSON.stringify(completion))
  })
  const result = await complete(request, { url, token: 'secret-of-sixteen' })
  expect(result).toMatchObject({ adapter: 'abc', usage: { prompt: 3, completion: 2 } })
  expect(result.completions.map((c) => [c.text, c.finished])).toEqual([
    ['first', true],
    ['second', false],
  ])
})

test('a full queue is waited for as long as it asks', async () => {
  let asked = 0
  const url = await serve((_, res) => {
    asked++
    if (asked === 1) res.writeHead(429, { 'retry-after': '1' }).end()
    else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion))
  })
  const started = Date.now()
  await complete(request, { url })
  expect(asked).toBe(2)
  expect(Date.now() - started).toBeGreaterThanOrEqual(990)
})

test('a refusal is told in its own words and not asked again', async () => {
  let asked = 0
  const url = await serve((_, res) => {
    asked++
    res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: 'max_tokens is over the limit' } }))
  })
  await expect(complete(request, { url })).rejects.toThrow('The inference service refused (400): max_tokens is over the limit')
  expect(asked).toBe(1)
})

test('an answer that is no completion is refused, not passed on', async () => {
  const url = await serve((_, res) => {
    res.writeHead(200).end('{"choices": "none"}')
  })
  await expect(complete(request, { url })).rejects.toThrow(InferenceUnavailable)
})

test('a service that does not answer in time is given up on', async () => {
  const url = await serve(() => {})
  await expect(complete(request, { url, timeout: 200 })).rejects.toThrow(/did not answer within 0.2 s/)
  server.closeAllConnections()
})
