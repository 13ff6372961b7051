import { describe, expect, test } from '@jest/globals'
import { openDatabase } from '../storage/database.js'
import { Accounts } from './accounts.js'
import { SignInAttempts } from './attempts.js'
import { checkPassword, hashPassword, makePassword } from './password.js'

describe('the first account', () => {
  test('is made once, and its password opens it', async () => {
    const accounts = new Accounts(openDatabase(':memory:'))
    const password = await accounts.makeFirst()
    expect(password).toMatch(/^[a-z2-9]{6}(-[a-z2-9]{6}){3}$/)
    expect(await accounts.makeFirst()).toBeUndefined()
    expect(accounts.untouched).toBe(true)
    expect(await accounts.signIn('owner', password!)).toMatchObject({ name: 'owner', approver: true })
    expect(accounts.untouched).toBe(false)
    expect(await accounts.signIn('owner', `${password}x`)).toBeUndefined()
    expect(await accounts.signIn('nobody', password!)).toBeUndefined()
  })

  test('gets a new password that ends the old one and its sessions', async () => {
    const accounts = new Accounts(openDatabase(':memory:'))
    const old = (await accounts.makeFirst())!
    const before = (await accounts.signIn('owner', old))!
    const renewed = await accounts.renewPassword('owner')
    expect(await accounts.signIn('owner', old)).toBeUndefined()
    expect((await accounts.signIn('owner', renewed))!.epoch).toBeGreaterThan(before.epoch)
    await expect(accounts.renewPassword('nobody')).rejects.toThrow('no account called nobody')
  })
})

describe('passwords', () => {
  test('are kept as scrypt hashes, each with a salt of its own', async () => {
    const [one, two] = [await hashPassword('secret'), await hashPassword('secret')]
    expect(one).toMatch(/^scrypt\$32768\$8\$1\$/)
    expect(one).not.toBe(two)
    expect(await checkPassword('secret', one)).toBe(true)
    expect(await checkPassword('Secret', one)).toBe(false)
    await expect(checkPassword('secret', 'plain')).rejects.toThrow('Expected a password hash')
  })

  test('that the app makes differ', () => {
    expect(new Set(Array.from({ length: 200 }, makePassword)).size).toBe(200)
  })
})

test('eight wrong passwords close a name for ten minutes, and a right one forgets them', () => {
  let now = 0
  const attempts = new SignInAttempts(() => now)
  for (let i = 0; i < 8; i++) {
    expect(attempts.waitSeconds('owner')).toBe(0)
    attempts.failed('owner')
  }
  expect(attempts.waitSeconds('owner')).toBe(600)
  expect(attempts.waitSeconds('another')).toBe(0)
  now = 600_001
  expect(attempts.waitSeconds('owner')).toBe(0)
  attempts.failed('owner')
  attempts.succeeded('owner')
  expect(attempts.waitSeconds('owner')).toBe(0)
})
