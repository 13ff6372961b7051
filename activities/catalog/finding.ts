import type { CatalogEntry } from '../../contracts/index.js'
import { candidateOf } from './entry.js'
import { dollars, points, share } from './numbers.js'

/** The run in one line, for the page's top and the roadmap. */
export function finding(entry: CatalogEntry): string {
  const spent = `${dollars(entry.dollars)} spent on training`
  const candidate = candidateOf(entry)
  if (!candidate) return `Nothing was measured; ${spent}.`
  const over = entry.evaluation!.differences?.find((d) => d.role === 'baseline' && d.metric === 'recall')
  const against = over ? `, ${points(over)} points over ${over.against}` : ''
  return `Recall ${share(candidate.metrics.recall)} on ${candidate.forms} forms${against}; ${dollars(candidate.dollarsPerForm)} a form; ${spent}.`
}
