import type { Account } from './accounts.js'

/** Who is signed in. */
export interface Signed {
  account: Account
  /** Goes with every form of this session. */
  csrf: string
}
export type AppEnv = { Variables: { signed: Signed } }
