import type { VariantId } from '../../contracts/index.js'

/** What each variant is, for people who have never seen its name. */
export const VARIANT_NAMES: Record<VariantId, string> = {
  'extraction/sonnet': 'Claude Sonnet, by API',
  'extraction/haiku': 'Claude Haiku, by API',
  'extraction/rules-v1': 'rules: nearest text and patterns, no model',
  'extraction/lora-v1': 'our own small model with its trained adapter',
}
