import { ADAPTER_HEADER, type CompletionRequest, CompletionResponse } from '../contracts/index.js'
import type { Completions } from './completion.js'
import { completeOnVllm } from './vllm.js'
import { outgoingHeaders } from '../telemetry/work.js'
import { traced } from '../telemetry/tracing.js'

export interface InferenceClientOptions {
  url: string
  token?: string
  /** Milliseconds for one request, connection to last byte. */
  timeout?: number
  /** Whose dialect the service speaks; our own without it. */
  api?: 'formwright' | 'vllm' | undefined
}

/** The inference service is away, overloaded, or refused; the message says which. */
export class InferenceUnavailable extends Error {
  override name = 'InferenceUnavailable'
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

/** Asks `/v1/completions`; retries only what is safe, honours Retry-After. */
export function complete(request: CompletionRequest, options: InferenceClientOptions, signal?: AbortSignal): Promise<Completions> {
  const prompts = Array.isArray(request.prompt) ? request.prompt.length : 1
  return traced('POST /v1/completions', { 'gen_ai.request.model': request.model, 'formwright.prompts': prompts }, () =>
    options.api === 'vllm'
      ? completeOnVllm(
          request,
          (one) => ask(one, options, signal),
          () => modelsOf(options, signal),
        ).catch((cause: unknown) => {
          if (cause instanceof InferenceUnavailable || signal?.aborted) throw cause
          throw new InferenceUnavailable(cause instanceof Error ? cause.message : String(cause), { cause })
        })
      : ask(request, options, signal),
  )
}

const addressOf = ({ url }: InferenceClientOptions, path: string): URL => new URL(path, url.endsWith('/') ? url : `${url}/`)
const authorization = ({ token }: InferenceClientOptions): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {})

async function modelsOf(options: InferenceClientOptions, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(options.timeout ?? DEFAULT_TIMEOUT_MS)
  const signals = signal ? AbortSignal.any([signal, timeout]) : timeout
  const response = await fetch(addressOf(options, 'v1/models'), { headers: authorization(options), signal: signals })
  if (!response.ok) throw new InferenceUnavailable(`The inference service refused (${response.status}): ${await refusal(response)}`)
  return response.json()
}

async function ask(request: CompletionRequest, options: InferenceClientOptions, signal?: AbortSignal): Promise<Completions> {
  for (let attempt = 1; ; attempt++) {
    const timeout = AbortSignal.timeout(options.timeout ?? DEFAULT_TIMEOUT_MS)
    let response: Response
    try {
      response = await fetch(addressOf(options, 'v1/completions'), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...outgoingHeaders(),
          ...authorization(options),
        },
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
    if (!response.ok) throw new InferenceUnavailable(`The inference service refused (${response.status}): ${await refusal(response)}`)
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
