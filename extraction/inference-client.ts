import { ADAPTER_HEADER, type CompletionRequest, CompletionResponse } from '../contracts/index.js'

export interface InferenceClientOptions {
  url: string
  token?: string
  /** Milliseconds for one request, connection to last byte. */
  timeout?: number
}

export interface Completion {
  text: string
  tokens: string[]
  logprobs: (number | null)[]
  finished: boolean
}
export interface Completions {
  adapter: string
  completions: Completion[]
  usage: { prompt: number; completion: number }
}

/** The inference service is away, overloaded, or refused; the message says which. */
export class InferenceUnavailable extends Error {
  override name = 'InferenceUnavailable'
  constructor(
    message: string,
    options?: ErrorOptions & {
      /** Of a refusal. */
      status?: number
    },
  ) {
    super(message, options)
    this.status = options?.status
  }
  readonly status: number | undefined
}

const DEFAULT_TIMEOUT_MS = 300_000
/** Completions change nothing, so a refused connection, 429 and 503 may be asked again. */
const RETRIES = 4
const MAX_WAIT_SECONDS = 20

const sleep = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })

/** Addresses of servers that take one grammar for all prompts of a request, as vLLM does. */
const oneGrammarOnly = new Set<string>()

/**
 * Asks `/v1/completions`; retries only what is safe, honours Retry-After. Our service takes a grammar for each prompt; a
 * server that refuses them is asked prompt by prompt, all at once, so that it can batch them itself.
 */
export async function complete(request: CompletionRequest, options: InferenceClientOptions, signal?: AbortSignal): Promise<Completions> {
  const { prompt, structured_outputs: outputs } = request
  if (!Array.isArray(prompt) || !Array.isArray(outputs?.grammar)) return ask(request, options, signal)
  const { grammar } = outputs
  if (!oneGrammarOnly.has(options.url)) {
    try {
      return await ask(request, options, signal)
    } catch (error) {
      const refused = error instanceof InferenceUnavailable && (error.status === 400 || error.status === 422)
      if (!refused || !/grammar|structured_outputs/.test(error.message)) throw error
    }
  }
  const answers = await Promise.all(
    prompt.map((one, i) => ask({ ...request, prompt: [one], structured_outputs: { grammar: grammar[i] ?? '' } }, options, signal)),
  )
  oneGrammarOnly.add(options.url)
  return joined(answers)
}

function joined(answers: Completions[]): Completions {
  const adapter = answers[0]?.adapter ?? ''
  if (answers.some((answer) => answer.adapter !== adapter))
    throw new InferenceUnavailable('The adapter was changed between the prompts of one request; ask again.')
  const total = (kind: 'prompt' | 'completion') => answers.reduce((sum, { usage }) => sum + usage[kind], 0)
  return {
    adapter,
    completions: answers.flatMap((answer) => answer.completions),
    usage: { prompt: total('prompt'), completion: total('completion') },
  }
}

async function ask(request: CompletionRequest, options: InferenceClientOptions, signal?: AbortSignal): Promise<Completions> {
  for (let attempt = 1; ; attempt++) {
    const timeout = AbortSignal.timeout(options.timeout ?? DEFAULT_TIMEOUT_MS)
    let response: Response
    try {
      response = await fetch(new URL('v1/completions', options.url.endsWith('/') ? options.url : `${options.url}/`), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(options.token ? { authorization: `Bearer ${options.token}` } : {}) },
        body: JSON.stringify(request),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
    } catch (cause) {
      if (signal?.aborted) throw cause
      if (timeout.aborted)
        throw new InferenceUnavailable(
          `The inference service at ${options.url} did not answer within ${(options.timeout ?? DEFAULT_TIMEOUT_MS) / 1000} s.`,
          { cause },
        )
      if (attempt <= 2) {
        await sleep(500 * attempt, signal)
        continue
      }
      throw new InferenceUnavailable(
        `The inference service at ${options.url} is away. Start it with \`npm start\`, or choose extraction/rules-v1.`,
        { cause },
      )
    }
    if ((response.status === 429 || response.status === 503) && attempt <= RETRIES) {
      const asked = Number(response.headers.get('retry-after') ?? attempt)
      await sleep(1000 * Math.min(MAX_WAIT_SECONDS, Number.isFinite(asked) ? asked : attempt), signal)
      continue
    }
    if (!response.ok)
      throw new InferenceUnavailable(`The inference service refused (${response.status}): ${await refusal(response)}`, {
        status: response.status,
      })
    return read(response)
  }
}

async function refusal(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, 500)
  try {
    const body: unknown = JSON.parse(text)
    const message = (body as { error?: { message?: unknown } } | null)?.error?.message
    return typeof message === 'string' ? message : text
  } catch {
    return text
  }
}

async function read(response: Response): Promise<Completions> {
  const parsed = CompletionResponse.safeParse(await response.json().catch(() => null))
  if (!parsed.success)
    throw new InferenceUnavailable(
      `The inference service sent an answer that is not a completion: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
    )
  const completions = [...parsed.data.choices]
    .sort((a, b) => a.index - b.index)
    .map((choice) => ({
      text: choice.text,
      tokens: choice.logprobs?.tokens ?? [],
      logprobs: choice.logprobs?.token_logprobs ?? [],
      finished: choice.finish_reason === 'stop',
    }))
  const { prompt_tokens: prompt, completion_tokens: completion } = parsed.data.usage
  return { adapter: response.headers.get(ADAPTER_HEADER) ?? '', completions, usage: { prompt, completion } }
}
