import type { VariantId } from '../contracts/index.js'
import { type Extractor, ExtractorUnavailable } from './extractor.js'
import { readPrices } from './prices.js'
import { createLoraExtractor, type LoraOptions } from './variants/lora-v1.js'
import { createRulesExtractor } from './variants/rules-extractor.js'

export interface ExtractorOptions {
  /** Where `extraction/lora-v1` is served; a second of its host costs what prices.json says, unless told otherwise. */
  inference?: Partial<LoraOptions>
  /** Key of the Messages API, for `extraction/sonnet` and `extraction/haiku`. */
  anthropic?: { apiKey?: string; baseUrl?: string }
  /** Tooltips and field names as hints; `false` measures without them. */
  hints?: boolean
}

/** Where the embedded platform serves when nobody says otherwise. */
const INFERENCE_URL = 'http://127.0.0.1:8090'
const SECONDS_PER_HOUR = 3600

/** An extractor whose parts are loaded when it is first used. */
function lazily(id: VariantId, make: () => Promise<Extractor>): Extractor {
  let made: Promise<Extractor> | undefined
  const extract: Extractor['extract'] = async (pdf, options) => {
    made ??= make()
    return (await made).extract(pdf, options)
  }
  return { id, extract }
}

/**
 * The extractor of a variant: `createExtractor('extraction/lora-v1').extract(pdf)`. Creating one costs nothing and reaches
 * nothing.
 * @throws ExtractorUnavailable when it cannot run here, saying why
 */
export function createExtractor(id: VariantId, options: ExtractorOptions = {}): Extractor {
  const hints = options.hints ?? true
  switch (id) {
    case 'extraction/rules-v1':
      return createRulesExtractor({ hints })
    case 'extraction/lora-v1':
      return lazily(id, async () => {
        const { inferenceHost } = await readPrices()
        const dollarsPerSecond = inferenceHost.dollarsPerHour / SECONDS_PER_HOUR
        return createLoraExtractor({ url: INFERENCE_URL, dollarsPerSecond, ...options.inference, hints })
      })
    case 'extraction/sonnet':
    case 'extraction/haiku': {
      const { apiKey, baseUrl } = options.anthropic ?? {}
      if (!apiKey) throw new ExtractorUnavailable(id, `${id} needs ANTHROPIC_API_KEY. Set it, or choose extraction/lora-v1.`)
      return lazily(id, async () =>
        (await import('./variants/claude.js')).createClaudeExtractor(id, { apiKey, ...(baseUrl ? { baseUrl } : {}) }),
      )
    }
  }
}
