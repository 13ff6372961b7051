import Anthropic from '@anthropic-ai/sdk'
import type { VariantId } from '../../contracts/index.js'
import { ExtractorUnavailable } from '../extractor.js'

/** The Messages API could not answer. Whoever asks again waits `retryAfterMs`; `permanent`: asking again changes nothing. */
export class ClaudeUnavailable extends ExtractorUnavailable {
  override name = 'ClaudeUnavailable'
  constructor(
    variant: VariantId,
    message: string,
    readonly permanent: boolean,
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(variant, message, options)
  }
}

const OVERLOADED = 529
/** An overloaded API says nothing of when to come back. */
const OVERLOADED_WAIT_MS = 15_000
/** Longer than any provider asks for in earnest. */
const MAX_WAIT_MS = 10 * 60_000

/** Milliseconds of a Retry-After header, in seconds or as a date; undefined when it says neither. */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  if (!header) return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) ? Math.min(MAX_WAIT_MS, Math.max(0, ms)) : undefined
}

/** What an error of the SDK means for whoever asked. */
export function unavailable(variant: VariantId, error: unknown): unknown {
  if (error instanceof Anthropic.APIUserAbortError) return error
  if (error instanceof Anthropic.APIConnectionError)
    return new ClaudeUnavailable(variant, `The Messages API cannot be reached: ${error.message}`, false, undefined, { cause: error })
  if (!(error instanceof Anthropic.APIError)) {
    if (!(error instanceof Anthropic.AnthropicError)) return error
    return new ClaudeUnavailable(variant, `The Messages API's answer broke off: ${error.message}`, false, undefined, { cause: error })
  }
  // An error in the middle of a stream has a type and no status.
  const status = (error.type === 'overloaded_error' ? OVERLOADED : error.status) as number | undefined
  const busy = status === 429 || status === OVERLOADED
  const wait = busy
    ? (retryAfterMs(error.headers?.get('retry-after'), Date.now()) ?? (status === OVERLOADED ? OVERLOADED_WAIT_MS : undefined))
    : undefined
  const permanent = status !== undefined && status >= 400 && status < 500 && !busy && status !== 408 && status !== 409
  const hint = status === 401 || status === 403 ? ' Check ANTHROPIC_API_KEY.' : ''
  return new ClaudeUnavailable(variant, `The Messages API refused (${status}): ${error.message.slice(0, 300)}.${hint}`, permanent, wait, {
    cause: error,
  })
}
