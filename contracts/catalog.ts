import { z } from 'zod'
import { Gate, Metric } from './evaluation.js'
import { RunRecord } from './run.js'

/** Folder of the pages and everything beside them. */
export const CATALOG_DIR = 'catalog/experiments/pdf-field-extraction'
export const ROADMAP = 'catalog/experiments/_roadmap.md'
/** Last line of a catalog commit's message: `Formwright-Run: <run>`. */
export const RUN_TRAILER = 'Formwright-Run'

/** `data/published-figures.json`: figures of others, with other scoring, never measured here. */
export const PublishedFigures = z.object({
  source: z.string(),
  url: z.url().optional(),
  publishedOn: z.string(),
  variants: z.array(
    z.object({
      variant: z.string(),
      title: z.string(),
      scorer: z.string(),
      forms: z.int(),
      metrics: z.partialRecord(Metric, z.number()),
      byForm: z.record(z.string(), z.partialRecord(Metric, z.number())).optional(),
      /** Lowest and highest published. */
      dollarsPerForm: z.tuple([z.number(), z.number()]).nullable(),
    }),
  ),
})
export type PublishedFigures = z.infer<typeof PublishedFigures>

const Priced = z.object({ source: z.string(), on: z.iso.date() })
/** `extraction/prices.json`: list prices, each with its source and date. Dollars. */
export const PriceTable = z.object({
  inferenceHost: Priced.extend({ instanceType: z.string(), dollarsPerHour: z.number().positive() }),
  /** By model id; dollars per million tokens. */
  models: z.record(
    z.string(),
    Priced.extend({
      input: z.number().min(0),
      output: z.number().min(0),
      cacheWrite: z.number().min(0),
      cacheRead: z.number().min(0),
    }),
  ),
})
export type PriceTable = z.infer<typeof PriceTable>

/** Forms after which the training has paid for itself against an API variant. */
export const BreakEven = z.object({
  against: z.string(),
  source: z.enum(['measured', 'published']),
  trainingDollars: z.number(),
  savedPerForm: z.number(),
  /** Null: it never does, since nothing is saved per form. */
  forms: z.int().nullable(),
})
export type BreakEven = z.infer<typeof BreakEven>

/** `<adapter>.json`: everything that the page is rendered from. */
export const CatalogEntry = RunRecord.extend({
  workflowId: z.string(),
  breakEven: z.array(BreakEven),
  /** Gates before spending; those before traffic are in the evaluation. */
  spendGates: z.array(Gate),
  /** Branch that the page was committed on. */
  branch: z.string(),
})
export type CatalogEntry = z.infer<typeof CatalogEntry>
