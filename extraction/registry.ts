import type { VariantId } from '../contracts/index.js'
import type { Extractor } from './extractor.js'
import { createLoraExtractor, type LoraOptions } from './variants/lora-v1.js'
import { createRulesExtractor } from './variants/rules-extractor.js'

export interface ExtractorOptions {
  /** Where `extraction/lora-v1` is served. */
  inference?: LoraOptions
  /** Key of the Messages API, for `extraction/sonnet` and `extraction/haiku`. */
  anthropic?: { apiKey?: string; baseUrl?: string }
  /** Tooltips and field names as hints; `false` measures without them. */
  hints?: boolean
}

/**
 * The extractor of a variant. Creating one costs nothing and reaches nothing.
 * @throws ExtractorUnavailable when it cannot run here, saying why
 */
export async function createExtractor(id: VariantId, options: ExtractorOptions = {}): Promise<Extractor> {
  const hints = options.hints ?? true
  switch (id) {
    case 'extraction/rules-v1':
      return createRulesExtractor({ hints })
    case 'extraction/lora-v1':
      return createLoraExtractor({ url: 'http://127.0.0.1:8090', ...options.inference, hints })
    case 'extraction/sonnet':
    case 'extraction/haiku': {
      const { createClaudeExtractor } = await import('./variants/claude.js')
      return createClaudeExtractor(id, options.anthropic ?? {})
    }
  }
}
