import { timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'

/** The holder of the platform's admin token. */
export const OPERATOR = 'operator'
const MIN_TOKEN = 24

export type BearerEnv = { Variables: { bearer: string } }

/** `name=token,name=token`. Throws when an entry is not that, without showing it. */
export function readTokens(text: string | undefined): Map<string, string> {
  const tokens = new Map<string, string>()
  for (const [i, pair] of (text?.split(',') ?? []).entries()) {
    const [, name, token] = /^([\w.@-]+)=(.+)$/.exec(pair.trim()) ?? []
    if (!name || !token || token.length < MIN_TOKEN || tokens.has(name) || name === OPERATOR)
      throw new Error(
        `FORMWRIGHT_APPROVER_TOKENS: entry ${i + 1}: expected name=token with a name of its own and a token of ${MIN_TOKEN} letters and more`,
      )
    tokens.set(name, token)
  }
  return tokens
}

const same = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

/** Lets through who bears one of the tokens, and tells whose it is. */
export const bearerOf =
  (tokens: ReadonlyMap<string, string>): MiddlewareHandler<BearerEnv> =>
  async (c, next) => {
    const [, given] = /^Bearer ([\x21-\x7e]{1,512})$/.exec(c.req.header('authorization') ?? '') ?? []
    // Every token is compared, so that the time tells nothing of which one is near.
    const whose = [...tokens].filter(([, token]) => given !== undefined && same(token, given)).map(([name]) => name)[0]
    if (!whose) {
      c.header('WWW-Authenticate', 'Bearer')
      return c.json({ error: { message: 'This needs a bearer token that the gateway knows. Nothing was changed.' } }, 401)
    }
    c.set('bearer', whose)
    return next()
  }
