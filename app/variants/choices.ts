import { VariantId } from '../../contracts/index.js'
import type { Db } from '../storage/database.js'

const KIND = 'extraction'

/** Which variant each account uses. */
export class Choices {
  constructor(
    private readonly db: Db,
    private readonly fallback: VariantId,
  ) {}

  of(account: number): VariantId {
    const row = this.db.prepare('SELECT variant FROM choice WHERE account = ? AND kind = ?').get(account, KIND) as
      | { variant: string }
      | undefined
    return VariantId.catch(this.fallback).parse(row?.variant)
  }

  choose(account: number, variant: VariantId): void {
    this.db
      .prepare(
        'INSERT INTO choice (account, kind, variant) VALUES (?, ?, ?) ON CONFLICT (account, kind) DO UPDATE SET variant = excluded.variant',
      )
      .run(account, KIND, variant)
  }
}
