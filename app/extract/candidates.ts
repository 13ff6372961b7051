import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AgencyKind, Pair } from '../../contracts/index.js'
import type { Extraction } from './store.js'

/** Corrected specs, kept for review; the curate step takes none of them before that. */
export class CandidateFolder {
  constructor(private readonly folder: string) {}

  /** Writes the pair of a corrected extraction; the same form corrected again replaces its own candidate only. */
  async keep(extraction: Extraction, kind: AgencyKind, by: string): Promise<string> {
    if (!extraction.spec || !extraction.mapping) throw new Error(`Extraction ${extraction.id} has no spec to keep`)
    const id = `corrected-${extraction.pdf.slice(0, 12)}-${extraction.id.slice(0, 8)}`
    const pair = Pair.parse({
      id,
      // Forms of one family share text: two corrections of one PDF must not meet on both sides of a split.
      family: `corrected-${extraction.pdf.slice(0, 12)}`,
      kind,
      split: 'train',
      provenance: { source: 'corrected', form: extraction.spec.id, pdf: extraction.pdf },
      review: { state: 'candidate', by, on: new Date().toISOString().slice(0, 10) },
      description: extraction.description,
      spec: extraction.spec,
      fieldMapping: extraction.mapping,
    } satisfies Pair)
    await mkdir(this.folder, { recursive: true })
    const path = join(this.folder, `${id}.json`)
    await writeFile(`${path}.new`, `${JSON.stringify(pair, null, 1)}\n`, { mode: 0o600 })
    await rename(`${path}.new`, path)
    return id
  }
}
