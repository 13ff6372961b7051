import { z } from 'zod'
import { FieldType, Sensitivity } from './spec.js'

/** Kinds of agency business that the corpus covers. */
export const AGENCY_KINDS = [
  'tax',
  'employment',
  'benefits',
  'courts',
  'health',
  'licences',
  'permits',
  'schools',
  'immigration',
  'housing',
  'elections',
  'records',
  'vehicles',
  'business',
] as const
export const AgencyKind = z.enum(AGENCY_KINDS)
export type AgencyKind = z.infer<typeof AgencyKind>

/** How a field is drawn. `checks`: one box per option, one choice field; `yesno`: two boxes, one boolean; `parts`: several text boxes that are one field. */
export const WidgetStyle = z.enum(['text', 'comb', 'multiline', 'check', 'checks', 'yesno', 'dropdown', 'parts', 'signature', 'paper'])

const fieldBase = {
  /** The gold label: what a careful person would call it. */
  label: z.string().min(1),
  /** The caption as printed, when it differs from the label (instructions, punctuation, abbreviations). */
  printed: z.string().optional(),
  fieldType: FieldType,
  required: z.boolean().optional(),
  sensitivity: Sensitivity.optional(),
  /** Small print beside the field. */
  help: z.string().optional(),
  /** Line number as printed: '4', '4a', '(b)'. */
  number: z.string().optional(),
  widget: WidgetStyle.optional(),
  options: z.array(z.string()).optional(),
  parts: z.array(z.object({ caption: z.string(), maxLength: z.int().optional() })).optional(),
  maxLength: z.int().optional(),
  /** Share of the line, 0–1; fields flow until the line is full. */
  width: z.number().min(0.05).max(1).optional(),
}
export const AuthoredField = z.object(fieldBase).strict()
export type AuthoredField = z.infer<typeof AuthoredField>

/** A grid. Without rowLabels: `rows` blank rows, each cell labelled "<column> <n>". With them: "<rowLabel> <column>" (one column: the rowLabel alone). */
export const AuthoredTable = z
  .object({
    table: z
      .object({
        caption: z.string().optional(),
        columns: z.array(AuthoredField).min(1),
        rows: z.int().min(1).max(30).optional(),
        rowLabels: z.array(z.string()).optional(),
      })
      .strict(),
  })
  .strict()
export type AuthoredTable = z.infer<typeof AuthoredTable>

export const AuthoredSection = z
  .object({
    /** The gold group title. */
    title: z.string().min(1),
    /** The heading as printed, such as "Part II — Household members"; the title when absent. */
    printed: z.string().optional(),
    instructions: z.array(z.string()).optional(),
    fields: z.array(z.union([AuthoredField, AuthoredTable])).min(1),
  })
  .strict()
export type AuthoredSection = z.infer<typeof AuthoredSection>

/** A form that we wrote ourselves: text and fields, no layout. The renderer makes PDFs of it. */
export const AuthoredForm = z
  .object({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
    kind: AgencyKind,
    /** Forms of one family share text; the split is by family. */
    family: z.string(),
    title: z.string(),
    agency: z.string(),
    formNumber: z.string().optional(),
    language: z.enum(['en', 'es-en']).default('en'),
    origin: z.enum(['hand', 'composed']),
    review: z.object({ state: z.enum(['checked', 'candidate', 'rejected']), by: z.string(), on: z.iso.date() }),
    instructions: z.array(z.string()).optional(),
    sections: z.array(AuthoredSection).min(1),
  })
  .strict()
export type AuthoredForm = z.infer<typeof AuthoredForm>
