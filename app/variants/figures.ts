import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Evaluation, RunRecord, type VariantId, type VariantSummary } from '../../contracts/index.js'

/** A run's record, or an evaluation that was made by itself. */
const Page = z.union([
  RunRecord.transform((record) => ({
    at: record.endedAt,
    evaluation: record.evaluation,
    ending: record.ending,
    candidate: record.candidate,
  })),
  Evaluation.transform((evaluation) => ({ at: '', evaluation, ending: null, candidate: null })),
])

/** The newest figures of a variant, with the page they are from. */
export interface Figures {
  summary: VariantSummary
  /** Path of the catalog page below catalog/. */
  page: string
  /** The run that measured them ended with this candidate live. */
  promoted: boolean
}

const idOf = (name: string): string => (name.startsWith('extraction/') ? name : `extraction/${name}`)

/** Reads the catalog's JSON; files that are neither a record nor an evaluation are left to their own readers. */
export class CatalogFigures {
  private readonly folder: string

  constructor(root: string) {
    this.folder = join(root, 'catalog', 'experiments', 'pdf-field-extraction')
  }

  async latest(): Promise<Map<VariantId, Figures>> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.endsWith('.json'))
    const pages = (await Promise.all(names.map((name) => this.read(name)))).flat().sort((a, b) => a.at.localeCompare(b.at))
    const latest = new Map<VariantId, Figures>()
    for (const { name, evaluation, ending, candidate } of pages) {
      for (const summary of evaluation?.summaries ?? []) {
        const id = idOf(summary.variant) as VariantId
        // Measured figures are never replaced by published ones.
        if (summary.source === 'published' && latest.get(id)?.summary.source === 'measured') continue
        latest.set(id, {
          summary,
          page: `experiments/pdf-field-extraction/${name.replace(/\.json$/, '.md')}`,
          promoted: ending === 'promoted' && summary.variantDigest === candidate,
        })
      }
    }
    return latest
  }

  private async read(name: string) {
    const text = await readFile(join(this.folder, name), 'utf8')
    const parsed = Page.safeParse(parseJson(text))
    return parsed.success ? [{ name, ...parsed.data }] : []
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
