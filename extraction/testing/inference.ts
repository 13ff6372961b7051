import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ADAPTER_HEADER, CompletionRequest, type CompletionResponse, type ModelList } from '../../contracts/index.js'
import { renderAnswer } from '../answer.js'
import { describeForm } from '../describe/index.js'
import { renderPrompt } from '../prompt.js'
import { answerByRules } from '../variants/rules-v1.js'
import { cutWindows } from '../windows.js'

const ADAPTER = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
/** Every so manieth marker is answered without much conviction. */
const UNSURE_EVERY = 5
const SURE = 0.97
const UNSURE = 0.41

/** Speaks as the inference service does, for the forms that it was shown: the rules' answers, some of them unsure. */
export interface FakeInference {
  url: string
  adapter: string
  /** Another adapter, to which the alias is moved after so many more requests. */
  other: string
  moveAliasAfter(requests: number): void
  /** What came, in the order of arrival, and the adapter that answered. */
  requests: { model: string; adapter: string; prompts: string[] }[]
  /** From now on completions wait until they are released. */
  hold(): void
  /** Lets so many requests through, all without a number. */
  release(requests?: number): void
  close(): Promise<void>
}

/** One token a line: the confidence of a line is that of its tokens. */
function tokensOf(text: string): { tokens: string[]; token_logprobs: number[] } {
  const tokens = text.split(/(?<=\n)/)
  return { tokens, token_logprobs: tokens.map((_, line) => Math.log(line > 0 && line % UNSURE_EVERY === 0 ? UNSURE : SURE)) }
}

async function answersOf(pdfs: Uint8Array[]): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  for (const pdf of pdfs)
    for (const window of cutWindows(await describeForm(pdf))) answers.set(renderPrompt(window), renderAnswer(window, answerByRules(window)))
  return answers
}

const models: ModelList = {
  object: 'list',
  data: [{ id: ADAPTER, object: 'model', digest: ADAPTER, state: 'live', aliases: ['lora-v1'] }],
}

/** @param pdfs the forms that it can answer for; any other prompt is a 400 */
export async function fakeInference(pdfs: Uint8Array[]): Promise<FakeInference> {
  const answers = await answersOf(pdfs)
  const requests: FakeInference['requests'] = []
  let beforeMove = Number.POSITIVE_INFINITY
  const adapterOf = (model: string): string => (/^[0-9a-f]{64}$/.test(model) ? model : beforeMove-- > 0 ? ADAPTER : OTHER)
  let free = Number.POSITIVE_INFINITY
  const waiting: (() => void)[] = []
  const release = (count = Number.POSITIVE_INFINITY) => {
    free += count
    for (; free > 0 && waiting.length > 0; free--) waiting.shift()!()
  }
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      release(0)
    })

  const complete = async (sent: CompletionRequest, adapter: string): Promise<CompletionResponse | undefined> => {
    const prompts = [sent.prompt].flat()
    requests.push({ model: sent.model, adapter, prompts })
    await turn()
    if (!prompts.every((prompt) => answers.has(prompt))) return undefined
    const choices = prompts.map((prompt, index) => {
      const text = answers.get(prompt)!
      return { index, text, finish_reason: 'stop' as const, logprobs: tokensOf(text) }
    })
    const usage = { prompt_tokens: 100 * prompts.length, completion_tokens: 40 * prompts.length, total_tokens: 140 * prompts.length }
    return { id: 'c', object: 'text_completion', created: 1, model: ADAPTER, choices, usage }
  }
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const json = (status: number, body: unknown, adapter = ADAPTER) =>
      void res.writeHead(status, { 'content-type': 'application/json', [ADAPTER_HEADER]: adapter }).end(JSON.stringify(body))
    if (req.url === '/v1/models') return json(200, models)
    let body = ''
    for await (const chunk of req) body += chunk
    const asked = CompletionRequest.parse(JSON.parse(body))
    const adapter = adapterOf(asked.model)
    const completion = await complete(asked, adapter)
    json(completion ? 200 : 400, completion ?? { error: { message: 'a prompt of a form that this stand-in was not shown' } }, adapter)
  }
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    adapter: ADAPTER,
    other: OTHER,
    moveAliasAfter: (count) => {
      beforeMove = count
    },
    requests,
    hold: () => {
      free = 0
    },
    release,
    close: () =>
      new Promise((resolve) => {
        release()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
