import { z } from 'zod'
import { Evaluation, RunRecord, SweepRecord, VariantId, type VariantSummary } from '../../contracts/index.js'
import type { CatalogSource } from '../catalog/source.js'

/** A run's record, a sweep's with its best configuration, or an evaluation that was made by itself. */
const Page = z.union([
  RunRecord.transform(({ endedAt, evaluation, ending, candidate, live }) => ({ at: endedAt, evaluation, ending, candidate, live })),
  SweepRecord.transform(({ endedAt: at, ending, candidate, live, configurations, winner }) => {
    const evaluation = configurations.find((one) => one.name === winner)?.evaluation ?? null
    return { at, evaluation, ending, candidate, live }
  }),
  Evaluation.transform((evaluation) => ({ at: '', evaluation, ending: null, candidate: null, live: null })),
])
type Page = z.output<typeof Page>

/** The newest figures of a variant, with the page they are from. */
export interface Figures {
  summary: VariantSummary
  /** Address of the page in the app. */
  href: string
  /** A run promoted exactly this digest. */
  promoted: boolean
}

/** One summary for each variant of a page; of several adapters the one that is live now, else the one that was live after the run. */
function summariesOf({ evaluation, live }: Page, now: string | undefined): Map<VariantId, VariantSummary> {
  const chosen = new Map<VariantId, VariantSummary>()
  const rank = ({ variantDigest }: VariantSummary) => (variantDigest === now ? 2 : variantDigest === live ? 1 : 0)
  for (const summary of evaluation?.summaries ?? []) {
    const id = VariantId.safeParse(summary.variant)
    if (!id.success) continue
    const before = chosen.get(id.data)
    if (!before || rank(summary) > rank(before)) chosen.set(id.data, summary)
  }
  return chosen
}

/** Reads the catalog's JSON; files that are neither a record nor an evaluation are left to their own readers. */
export class CatalogFigures {
  constructor(private readonly source: Pick<CatalogSource, 'records'>) {}

  /** @param live digest of the adapter that is live now: its own figures, where there are any, come before newer ones of another */
  async latest(live?: string): Promise<Map<VariantId, Figures>> {
    const pages = (await this.source.records())
      .flatMap(({ href, text }) => {
        const parsed = Page.safeParse(parseJson(text))
        return parsed.success ? [{ href, page: parsed.data }] : []
      })
      .sort((a, b) => a.page.at.localeCompare(b.page.at))
    const promoted = new Set(pages.flatMap(({ page }) => (page.ending === 'promoted' && page.candidate ? [page.candidate as string] : [])))
    const latest = new Map<VariantId, Figures>()
    for (const { href, page } of pages)
      for (const [id, summary] of summariesOf(page, live)) {
        const before = latest.get(id)?.summary
        // Measured figures are never replaced by published ones.
        if (summary.source === 'published' && before?.source === 'measured') continue
        if (before && before.variantDigest === live && summary.variantDigest !== live) continue
        latest.set(id, { summary, href, promoted: promoted.has(summary.variantDigest) })
      }
    return latest
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
