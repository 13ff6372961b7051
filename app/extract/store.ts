import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataCollectionSpec, ExtractionResult, FieldMapping, FormDescription, VariantId } from '../../contracts/index.js'
import type { Db } from '../storage/database.js'

/** Older extractions of an account go. */
const KEPT_PER_ACCOUNT = 50

/** An extraction of one account: the form as read, the result as answered, and the spec as corrected. */
export interface Extraction {
  id: string
  account: number
  fileName: string
  pdf: string
  variant: VariantId
  state: 'running' | 'done' | 'failed'
  message: string | null
  description: FormDescription
  result: ExtractionResult | null
  /** As corrected; the result's own until then. */
  spec: DataCollectionSpec | null
  mapping: FieldMapping | null
  /** Id of the candidate pair made of it. */
  candidate: string | null
  createdAt: string
}

interface Row {
  id: string
  account: number
  file_name: string
  pdf: string
  variant: string
  state: Extraction['state']
  message: string | null
  description: string
  result: string | null
  spec: string | null
  mapping: string | null
  candidate: string | null
  created_at: string
}

function extractionOf(row: Row): Extraction {
  const result = row.result === null ? null : ExtractionResult.parse(JSON.parse(row.result))
  return {
    id: row.id,
    account: row.account,
    fileName: row.file_name,
    pdf: row.pdf,
    variant: VariantId.parse(row.variant),
    state: row.state,
    message: row.message,
    description: FormDescription.parse(JSON.parse(row.description)),
    result,
    spec: row.spec === null ? (result?.spec ?? null) : DataCollectionSpec.parse(JSON.parse(row.spec)),
    mapping: row.mapping === null ? (result?.fieldMapping ?? null) : FieldMapping.parse(JSON.parse(row.mapping)),
    candidate: row.candidate,
    createdAt: row.created_at,
  }
}

/** Extractions in the database, their PDFs as files named by digest. */
export class ExtractionStore {
  private readonly folder: string

  constructor(
    private readonly db: Db,
    stateDir: string,
  ) {
    this.folder = join(stateDir, 'app', 'pdfs')
  }

  /** Extractions that an earlier start of the app left running. */
  failInterrupted(): void {
    this.db
      .prepare("UPDATE extraction SET state = 'failed', message = ? WHERE state = 'running'")
      .run('The app was restarted meanwhile. The form is kept: extract it again.')
  }

  async create(account: number, fileName: string, pdf: Uint8Array, description: FormDescription, variant: VariantId): Promise<string> {
    const id = randomUUID()
    const digest = createHash('sha256').update(pdf).digest('hex')
    await mkdir(this.folder, { recursive: true })
    const path = this.pathOf(digest)
    await writeFile(`${path}.${id}.new`, pdf, { mode: 0o600 })
    await rename(`${path}.${id}.new`, path)
    this.db
      .prepare(
        `INSERT INTO extraction (id, account, file_name, pdf, variant, state, description, created_at)
         VALUES (?, ?, ?, ?, ?, 'running', ?, ?)`,
      )
      .run(id, account, fileName, digest, variant, JSON.stringify(description), new Date().toISOString())
    await this.forgetOld(account)
    return id
  }

  byId(id: string, account: number): Extraction | undefined {
    const row = this.db.prepare('SELECT * FROM extraction WHERE id = ? AND account = ?').get(id, account) as Row | undefined
    return row && extractionOf(row)
  }

  recent(account: number, limit: number): Pick<Extraction, 'id' | 'fileName' | 'state' | 'variant' | 'createdAt'>[] {
    const rows = this.db
      .prepare('SELECT id, file_name, state, variant, created_at FROM extraction WHERE account = ? ORDER BY created_at DESC LIMIT ?')
      .all(account, limit) as Row[]
    return rows.map((r) => ({
      id: r.id,
      fileName: r.file_name,
      state: r.state,
      variant: VariantId.parse(r.variant),
      createdAt: r.created_at,
    }))
  }

  pdf(digest: string): Promise<Buffer> {
    return readFile(this.pathOf(digest))
  }

  restart(id: string, variant: VariantId): void {
    this.db
      .prepare(
        "UPDATE extraction SET state = 'running', message = NULL, variant = ?, result = NULL, spec = NULL, mapping = NULL, candidate = NULL WHERE id = ?",
      )
      .run(variant, id)
  }

  finish(id: string, result: ExtractionResult): void {
    this.db.prepare("UPDATE extraction SET state = 'done', result = ? WHERE id = ?").run(JSON.stringify(result), id)
  }

  fail(id: string, message: string): void {
    this.db.prepare("UPDATE extraction SET state = 'failed', message = ? WHERE id = ?").run(message, id)
  }

  /** A corrected spec; a candidate made of an earlier one no longer stands for it. */
  correct(id: string, spec: DataCollectionSpec, mapping: FieldMapping): void {
    this.db
      .prepare('UPDATE extraction SET spec = ?, mapping = ?, candidate = NULL WHERE id = ?')
      .run(JSON.stringify(spec), JSON.stringify(mapping), id)
  }

  /** How fast the variant answered the last form; undefined when it has answered none. */
  secondsPerWindow(variant: VariantId): number | undefined {
    const row = this.db
      .prepare("SELECT result FROM extraction WHERE variant = ? AND state = 'done' ORDER BY created_at DESC LIMIT 1")
      .get(variant) as Pick<Row, 'result'> | undefined
    if (!row?.result) return undefined
    const { seconds, windows } = ExtractionResult.parse(JSON.parse(row.result)).provenance
    return windows > 0 ? seconds / windows : undefined
  }

  markCandidate(id: string, candidate: string): void {
    this.db.prepare('UPDATE extraction SET candidate = ? WHERE id = ?').run(candidate, id)
  }

  private pathOf(digest: string): string {
    return join(this.folder, `${digest}.pdf`)
  }

  private async forgetOld(account: number): Promise<void> {
    const old = this.db
      .prepare("SELECT id, pdf FROM extraction WHERE account = ? AND state <> 'running' ORDER BY created_at DESC LIMIT -1 OFFSET ?")
      .all(account, KEPT_PER_ACCOUNT) as { id: string; pdf: string }[]
    for (const { id, pdf } of old) {
      this.db.prepare('DELETE FROM extraction WHERE id = ?').run(id)
      if (!this.db.prepare('SELECT 1 FROM extraction WHERE pdf = ?').get(pdf)) await rm(this.pathOf(pdf), { force: true })
    }
  }
}
