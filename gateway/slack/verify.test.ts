import { describe, expect, test } from '@jest/globals'
import { isValidSlackRequest } from '@slack/bolt'
import { signatureOf, unverified } from './verify.js'

/** Slack's published example of a signed request. */
const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const TIMESTAMP = '1531420618'
const BODY = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
)
const SIGNATURE = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
const AT = Number(TIMESTAMP) * 1000
const request = { timestamp: TIMESTAMP, signature: SIGNATURE, body: BODY }

describe("Slack's signature", () => {
  test("of Slack's published example is the published one", () => {
    expect(signatureOf(SECRET, TIMESTAMP, BODY)).toBe(SIGNATURE)
    expect(unverified(SECRET, request, AT)).toBeUndefined()
  })

  test("is judged as Slack's own library judges it", () => {
    const judge = (signature: string, body: string, nowMilliseconds: number) =>
      isValidSlackRequest({
        signingSecret: SECRET,
        body,
        headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': Number(TIMESTAMP) },
        nowMilliseconds,
      })
    for (const [signature, body, now] of [
      [SIGNATURE, BODY.toString(), AT],
      [SIGNATURE, `${BODY}x`, AT],
      [SIGNATURE, BODY.toString(), AT + 301_000],
    ] as const)
      expect(unverified(SECRET, { ...request, signature, body: Buffer.from(body) }, now) === undefined).toBe(judge(signature, body, now))
  })

  test('does not hold for a byte more, a byte less, another time or another secret', () => {
    expect(unverified(SECRET, { ...request, body: Buffer.concat([BODY, Buffer.from('&')]) }, AT)).toBe('forged')
    expect(unverified(SECRET, { ...request, body: BODY.subarray(0, -1) }, AT)).toBe('forged')
    expect(unverified(SECRET, { ...request, timestamp: '1531420619' }, AT)).toBe('forged')
    expect(unverified(`${SECRET}x`, request, AT)).toBe('forged')
    expect(unverified(SECRET, { ...request, signature: SIGNATURE.slice(0, -1) }, AT)).toBe('forged')
    expect(unverified(SECRET, { ...request, signature: SIGNATURE.replace('v0', 'v1') }, AT)).toBe('forged')
  })

  test('is stale after five minutes, and when it comes from the future', () => {
    expect(unverified(SECRET, request, AT + 300_000)).toBeUndefined()
    expect(unverified(SECRET, request, AT + 301_000)).toBe('stale')
    expect(unverified(SECRET, request, AT - 301_000)).toBe('stale')
  })

  test('is missed when a header is absent or no number', () => {
    expect(unverified(SECRET, { ...request, signature: undefined }, AT)).toBe('no signature')
    expect(unverified(SECRET, { ...request, timestamp: undefined }, AT)).toBe('no signature')
    expect(unverified(SECRET, { ...request, timestamp: 'yesterday' }, AT)).toBe('no signature')
  })
})
