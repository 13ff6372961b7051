import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'

export type Db = Database.Database

/** Applied in order, once each; `user_version` counts them. */
const MIGRATIONS = [
  `CREATE TABLE account (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     password TEXT NOT NULL,
     approver INTEGER NOT NULL DEFAULT 0,
     -- Raised at sign-out and at a new password: older cookies end.
     epoch INTEGER NOT NULL DEFAULT 1,
     signed_in_at TEXT
   );
   CREATE TABLE secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);
   CREATE TABLE choice (
     account INTEGER NOT NULL REFERENCES account(id),
     kind TEXT NOT NULL,
     variant TEXT NOT NULL,
     PRIMARY KEY (account, kind)
   );
   CREATE TABLE extraction (
     id TEXT PRIMARY KEY,
     account INTEGER NOT NULL REFERENCES account(id),
     file_name TEXT NOT NULL,
     pdf TEXT NOT NULL,
     variant TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
     message TEXT,
     description TEXT NOT NULL,
     result TEXT,
     spec TEXT,
     mapping TEXT,
     candidate TEXT,
     created_at TEXT NOT NULL
   );
   CREATE INDEX extraction_by_account ON extraction (account, created_at);`,
]

/** Opens the app's database and brings it to the newest version. `:memory:` for tests. */
export function openDatabase(path: string): Db {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const db = new Database(path)
  if (path !== ':memory:') chmodSync(path, 0o600)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA foreign_keys = ON')
  const version = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
  MIGRATIONS.slice(version).forEach((sql, i) => {
    db.exec(`BEGIN; ${sql}; PRAGMA user_version = ${version + i + 1}; COMMIT`)
  })
  return db
}
