import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto'

/** About 50 ms on one core: dear enough for guessing, cheap enough for a person. */
const COST = 2 ** 15
const KEY_BYTES = 32
const OPTIONS: ScryptOptions = { N: COST, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
/** Longer ones are refused before they are hashed. */
export const MAX_PASSWORD_CHARS = 200

const derive = (password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  new Promise((done, fail) => scrypt(password, salt, KEY_BYTES, options, (error, key) => (error ? fail(error) : done(key))))

/** A password that nobody chose: 120 bits in letters that can be read aloud. */
export function makePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const limit = 256 - (256 % letters.length)
  let text = ''
  while (text.length < 24) for (const byte of randomBytes(32)) if (byte < limit && text.length < 24) text += letters[byte % letters.length]
  return text.match(/.{6}/g)!.join('-')
}

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, OPTIONS)
  return ['scrypt', OPTIONS.N, OPTIONS.r, OPTIONS.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Whether a password is the one that was hashed; takes the same time for a wrong one. */
export async function checkPassword(password: string, hash: string): Promise<boolean> {
  const [kind, n, r, p, salt, key] = hash.split('$')
  if (kind !== 'scrypt' || !salt || !key) throw new Error('Expected a password hash of the form scrypt$N$r$p$salt$key')
  const derived = await derive(password, Buffer.from(salt, 'base64url'), { ...OPTIONS, N: Number(n), r: Number(r), p: Number(p) })
  return timingSafeEqual(derived, Buffer.from(key, 'base64url'))
}
