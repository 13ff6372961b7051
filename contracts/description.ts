import { z } from 'zod'

export const MARKER_KINDS = ['text', 'check', 'radio', 'choice', 'signature'] as const

/** Text around a marker, found by geometry; each is at most one printed phrase, absent when there is none. */
export const Neighbours = z.object({
  left: z.string().optional(),
  right: z.string().optional(),
  above: z.string().optional(),
  below: z.string().optional(),
  inside: z.string().optional(),
  lineStart: z.string().optional(),
  columnHeader: z.string().optional(),
  rowHeader: z.string().optional(),
  /** The question or lead-in that a group of check boxes answers. */
  lead: z.string().optional(),
  section: z.string().optional(),
})
export type Neighbours = z.infer<typeof Neighbours>

/** Points, origin at the page's top left, y downwards, rotation undone. */
export const Rect = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
export type Rect = z.infer<typeof Rect>

/** A numbered widget in a form description. */
export const Marker = z.object({
  /** Counts from 1 over the whole form in reading order. */
  id: z.int().min(1),
  kind: z.enum(MARKER_KINDS),
  page: z.int().min(1),
  /** Place in that page's /Annots; -1 for a pseudo-widget of a flat form or a line on paper. */
  index: z.int().min(-1),
  /** Full AcroForm name, '' when it has none. Binds the field; never shown to the model except as `hint`. */
  name: z.string(),
  rect: Rect,
  maxLength: z.int().optional(),
  comb: z.boolean().optional(),
  multiline: z.boolean().optional(),
  /** The required flag of the widget. */
  required: z.boolean().optional(),
  /** Options of a choice, or this button's export value. */
  options: z.array(z.string()).optional(),
  /** Printed on paper only: it has no widget to bind to. */
  paperOnly: z.boolean().optional(),
  neighbours: Neighbours,
  /** From the form's own metadata, absent when hidden or meaningless. */
  hint: z.object({ tooltip: z.string().optional(), fieldName: z.string().optional() }).optional(),
})
export type Marker = z.infer<typeof Marker>

/** One line of a page in reading order; `text` has `[12]` where marker 12 stands. */
export const DescriptionLine = z.object({ text: z.string(), y: z.number(), section: z.string().optional() })

export const FormDescription = z.object({
  version: z.literal(1),
  title: z.string(),
  /** A flat form's markers are pseudo-widgets. */
  flat: z.boolean(),
  pages: z.array(z.object({ page: z.int(), width: z.number(), height: z.number(), lines: z.array(DescriptionLine) })),
  markers: z.array(Marker),
})
export type FormDescription = z.infer<typeof FormDescription>

/**
 * Whom a form is about: a `person` with their household, work and money, an `applicant` who deals with an office but tells
 * little of that, or an `organization`.
 */
export const Subject = z.enum(['person', 'applicant', 'organization'])
export type Subject = z.infer<typeof Subject>

/** A slice of a description, small enough for the model. Derived, never stored as truth. */
export const Window = z.object({
  id: z.string(),
  formTitle: z.string(),
  /** Of the whole form; an applicant when it is not known. */
  subject: Subject.optional(),
  section: z.string(),
  markers: z.array(Marker).min(1),
})
export type Window = z.infer<typeof Window>

/** What the model says of one field of a window. */
export const AnswerField = z.object({
  markers: z.array(z.int()).min(1),
  label: z.string(),
  fieldType: z.string(),
  sensitivity: z.string(),
  required: z.boolean(),
  /** Mean token probability of the line, when the engine gave logprobs. */
  confidence: z.number().optional(),
})
export type AnswerField = z.infer<typeof AnswerField>

export const WindowAnswer = z.object({ section: z.string(), fields: z.array(AnswerField) })
export type WindowAnswer = z.infer<typeof WindowAnswer>
