import { AsyncLocalStorage } from 'node:async_hooks'
import { context, propagation } from '@opentelemetry/api'

/** What a piece of code works for: null where it is no run's, or no stage's. */
export interface Work {
  run: string | null
  stage: string | null
}

const NOBODYS: Work = { run: null, stage: null }
const current = new AsyncLocalStorage<Work>()

/** Runs a task, and everything it starts, for a run and its stage. */
export const workFor = <T>(work: Work, task: () => T): T => current.run(work, task)

export const currentWork = (): Work => current.getStore() ?? NOBODYS

/**
 * Headers that let another part know whom it works for: W3C `baggage`, and `traceparent` while traces are on.
 * Empty outside of a run without traces.
 */
export function outgoingHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  const { run, stage } = currentWork()
  const entries = Object.entries({ 'formwright.run': run, 'formwright.stage': stage }).filter(([, value]) => value !== null)
  if (entries.length > 0) headers.baggage = entries.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join(',')
  return headers
}
