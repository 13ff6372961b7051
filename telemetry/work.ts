import { AsyncLocalStorage } from 'node:async_hooks'
import { context, propagation } from '@opentelemetry/api'

/** What a piece of code works for: null where it is no run's, or no stage's. */
export interface Work {
  run: string | null
  stage: string | null
}

const NOBODYS: Work = { run: null, stage: null }
/** Longer than any run's name; what a client sends is not written down without bound. */
const MAX_CHARACTERS = 200
const current = new AsyncLocalStorage<Work>()

/** Runs a task, and everything it starts, for a run and its stage. */
export const workFor = <T>(work: Work, task: () => T): T => current.run(work, task)

/** Says whom the request under way works for, once that is known: its lines have it from then on. */
export function worksFor(work: Work): void {
  const request = current.getStore()
  if (request) Object.assign(request, work)
}

export const currentWork = (): Work => current.getStore() ?? NOBODYS

/** Percent-encoded, as `baggage` has it; kept as it is where the encoding is broken. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Whom a request works for, as its `baggage` says: for finding lines, not for evidence. */
export function workOfBaggage(baggage: string | undefined): Work {
  const entries = (baggage ?? '').split(',').map((pair) => pair.split(';')[0]!.trim().split('=', 2))
  const found = (key: string): string | null => {
    const value = entries.find(([name]) => name === key)?.[1]
    return value ? decoded(value).slice(0, MAX_CHARACTERS) : null
  }
  return { run: found('formwright.run'), stage: found('formwright.stage') }
}

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
