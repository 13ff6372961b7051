import { z } from 'zod'
import { Digest } from './digest.js'

export const FIELD_TYPES = ['text', 'email', 'phone', 'url', 'number', 'currency', 'date', 'boolean', 'choice', 'longText'] as const
export const FieldType = z.enum(FIELD_TYPES)
export type FieldType = z.infer<typeof FieldType>

export const SENSITIVITIES = ['low', 'medium', 'high', 'pii'] as const
export const Sensitivity = z.enum(SENSITIVITIES)
export type Sensitivity = z.infer<typeof Sensitivity>

const Kebab = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected kebab-case')
const Camel = z.string().regex(/^[a-z][a-zA-Z0-9]*$/, 'expected camelCase')

/** One thing that the form asks for. */
export const Requirement = z.object({
  id: Kebab,
  fieldName: Camel,
  label: z.string().min(1),
  fieldType: FieldType,
  required: z.boolean(),
  helpText: z.string().optional(),
  /** Absent means low. */
  sensitivity: Sensitivity.optional(),
})
export type Requirement = z.infer<typeof Requirement>

export const RequirementGroup = z.object({
  id: Kebab,
  title: z.string().min(1),
  description: z.string().optional(),
  requirements: z.array(Requirement),
})
export type RequirementGroup = z.infer<typeof RequirementGroup>

export const DataCollectionSpec = z.object({
  id: Kebab,
  title: z.string().min(1),
  description: z.string().optional(),
  groups: z.array(RequirementGroup),
})
export type DataCollectionSpec = z.infer<typeof DataCollectionSpec>

/** Where a field lives in the PDF. */
export const WidgetRef = z.object({
  /** Full AcroForm name; empty for a widget without one. */
  name: z.string(),
  /** Counts from 1. */
  page: z.int().min(1),
  /** Place in that page's /Annots, from 0; -1 for a pseudo-widget of a flat form. */
  index: z.int().min(-1),
})
export type WidgetRef = z.infer<typeof WidgetRef>

/** fieldName → widgets; a field on paper only has an empty list. */
export const FieldMapping = z.record(z.string(), z.array(WidgetRef))
export type FieldMapping = z.infer<typeof FieldMapping>

export const VARIANT_IDS = ['extraction/sonnet', 'extraction/haiku', 'extraction/rules-v1', 'extraction/lora-v1'] as const
export const VariantId = z.enum(VARIANT_IDS)
export type VariantId = z.infer<typeof VariantId>

export const Provenance = z.object({
  variant: VariantId,
  /** Adapter digest, or the API's model id; absent for rules. */
  adapter: z.string().optional(),
  baseModel: z.string().optional(),
  promptVersion: z.string(),
  pdf: Digest,
  seconds: z.number().min(0),
  dollars: z.number().min(0),
  tokens: z.object({ prompt: z.int(), completion: z.int() }),
  windows: z.int(),
  /** Windows whose answer could not be parsed; their fields come from the rules and are flagged. */
  unparseable: z.int(),
  at: z.iso.datetime(),
})
export type Provenance = z.infer<typeof Provenance>

export const FieldConfidence = z.object({
  fieldId: z.string(),
  confidence: z.number().min(0).max(1),
  flags: z.array(z.enum(['low-confidence', 'label-unseen', 'from-rules', 'paper-only'])).optional(),
})
export type FieldConfidence = z.infer<typeof FieldConfidence>

export const ExtractionResult = z.object({
  spec: DataCollectionSpec,
  fieldMapping: FieldMapping,
  confidence: z.array(FieldConfidence),
  provenance: Provenance,
})
export type ExtractionResult = z.infer<typeof ExtractionResult>
