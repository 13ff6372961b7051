import { createHmac, timingSafeEqual } from 'node:crypto'

/** Slack's own window against replays. */
export const WINDOW_SECONDS = 300

/** Why a request is not taken for Slack's. */
export type Unverified = 'no signature' | 'stale' | 'forged'

export interface SignedRequest {
  /** Header `x-slack-request-timestamp`. */
  timestamp: string | undefined
  /** Header `x-slack-signature`. */
  signature: string | undefined
  /** The body's bytes as they came. */
  body: Uint8Array
}

/** Slack's v0 signature of a body: `v0=` and the hex HMAC-SHA256 of `v0:<timestamp>:<body>`. */
export const signatureOf = (secret: string, timestamp: string, body: Uint8Array): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`

/**
 * Whether a request bears Slack's signature and is at most five minutes old; undefined when it does.
 * Requests from the future are stale too, since their signature would hold longer than the window.
 */
export function unverified(secret: string, { timestamp, signature, body }: SignedRequest, nowMs: number): Unverified | undefined {
  if (!signature || !timestamp || !/^\d{1,12}$/.test(timestamp)) return 'no signature'
  const [given, expected] = [Buffer.from(signature), Buffer.from(signatureOf(secret, timestamp, body))]
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged'
  return Math.abs(nowMs / 1000 - Number(timestamp)) > WINDOW_SECONDS ? 'stale' : undefined
}
