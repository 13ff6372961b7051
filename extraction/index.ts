// What other code may use: `import { createExtractor } from 'formwright/extraction'`.
export {
  type DataCollectionSpec,
  type ExtractionResult,
  type FieldMapping,
  type Provenance,
  VARIANT_IDS,
  type VariantId,
} from '../contracts/index.js'
export { PdfRefused, type RefusalCode } from './describe/refused.js'
export { type ExtractOptions, type Extractor, ExtractorUnavailable } from './extractor.js'
export { createExtractor, type ExtractorOptions } from './registry.js'
