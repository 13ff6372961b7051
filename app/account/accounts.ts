import { randomBytes } from 'node:crypto'
import type { Db } from '../storage/database.js'
import { checkPassword, hashPassword, makePassword } from './password.js'

/** The one account of a new installation. */
export const FIRST_ACCOUNT = 'owner'

export interface Account {
  id: number
  name: string
  /** May approve or reject quotes. */
  approver: boolean
  epoch: number
}

interface Row {
  id: number
  name: string
  password: string
  approver: number
  epoch: number
  signed_in_at: string | null
}

const accountOf = (row: Row): Account => ({ id: row.id, name: row.name, approver: row.approver === 1, epoch: row.epoch })

/** Accounts, their passwords and the key that signs their cookies. */
export class Accounts {
  private readonly decoy = hashPassword(makePassword())

  constructor(private readonly db: Db) {}

  /** Makes the first account when there is none; answers its password, which is kept nowhere. */
  async makeFirst(): Promise<string | undefined> {
    if (this.db.prepare('SELECT 1 FROM account').get()) return undefined
    const password = makePassword()
    this.db.prepare('INSERT INTO account (name, password, approver) VALUES (?, ?, 1)').run(FIRST_ACCOUNT, await hashPassword(password))
    return password
  }

  /** Gives an account a new password and ends its sessions. Throws when there is no such account. */
  async renewPassword(name: string): Promise<string> {
    const password = makePassword()
    const { changes } = this.db
      .prepare('UPDATE account SET password = ?, epoch = epoch + 1, signed_in_at = NULL WHERE name = ?')
      .run(await hashPassword(password), name)
    if (changes === 0) throw new Error(`There is no account called ${name}. Nothing was changed.`)
    return password
  }

  /** The account, when name and password are right. An unknown name takes as long as a wrong password. */
  async signIn(name: string, password: string): Promise<Account | undefined> {
    const row = this.db.prepare('SELECT * FROM account WHERE name = ?').get(name) as Row | undefined
    const right = await checkPassword(password, row?.password ?? (await this.decoy))
    if (!row || !right) return undefined
    this.db.prepare('UPDATE account SET signed_in_at = ? WHERE id = ?').run(new Date().toISOString(), row.id)
    return accountOf(row)
  }

  byId(id: number): Account | undefined {
    const row = this.db.prepare('SELECT * FROM account WHERE id = ?').get(id) as Row | undefined
    return row && accountOf(row)
  }

  /** True until somebody has signed in: then the sign-in page says where the password is. */
  get untouched(): boolean {
    return this.db.prepare('SELECT 1 FROM account WHERE signed_in_at IS NOT NULL').get() === undefined
  }

  /** Ends every session of an account. */
  endSessions(id: number): void {
    this.db.prepare('UPDATE account SET epoch = epoch + 1 WHERE id = ?').run(id)
  }

  /** Key of the cookies' signatures, made once. */
  cookieKey(): string {
    this.db.prepare("INSERT OR IGNORE INTO secret (name, value) VALUES ('cookie', ?)").run(randomBytes(32).toString('hex'))
    return (this.db.prepare("SELECT value FROM secret WHERE name = 'cookie'").get() as { value: string }).value
  }
}
