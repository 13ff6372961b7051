import type { ExtractionResult, FormDescription, VariantId } from '../../contracts/index.js'
import type { ExtractorOptions } from '../../extraction/registry.js'

/** What a reading thread is asked, one at a time. */
export type ReadingJob = { pdf: Uint8Array } & ({ kind: 'describe' } | { kind: 'extract'; variant: VariantId; options: ExtractorOptions })

/** What it says back. */
export type ReadingReply =
  | { kind: 'ready' }
  | { kind: 'window'; done: number; total: number }
  | { kind: 'described'; description: FormDescription }
  | { kind: 'extracted'; result: ExtractionResult }
  /** `refused`: the PDF cannot be used; `unavailable`: the variant cannot answer now; `failed`: a mistake of ours. */
  | { kind: 'refused' | 'unavailable' | 'failed'; message: string }
