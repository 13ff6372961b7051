import { z } from 'zod'
import { Assurance, Quote } from './spend.js'

/** A quote that waits for a decision, as the notify activity hands it to the gateway. */
export const QuoteNotice = z.object({ workflowId: z.string().min(1), quote: Quote, assurance: Assurance })
export type QuoteNotice = z.infer<typeof QuoteNotice>

/** Something that people want to hear of a run. */
export const RunNotice = z.object({
  kind: z.enum(['budget', 'ended']),
  run: z.string().min(1),
  workflowId: z.string().min(1),
  text: z.string().min(1).max(3000),
})
export type RunNotice = z.infer<typeof RunNotice>
