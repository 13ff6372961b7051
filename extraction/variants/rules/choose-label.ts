import type { Marker } from '../../../contracts/description.js'
import { labelTokens, tidyLabel } from '../../label.js'

const NOTHING = /^(?:no|n\/a|or|and|of|the)$/i

/** The label of one widget: the strongest text around it, tidied; '' when there is none. */
export function chooseLabel(marker: Marker): string {
  for (const text of candidates(marker)) {
    const label = tidyLabel(text)
    if (labelTokens(label).length > 0 && !NOTHING.test(label)) return label
  }
  return ''
}

function candidates({ kind, neighbours: n }: Marker): string[] {
  const button = kind === 'check' || kind === 'radio'
  const table = n.columnHeader ? [n.rowHeader ? `${tidyLabel(n.rowHeader)} ${tidyLabel(n.columnHeader)}` : n.columnHeader] : []
  const order = button
    ? [n.right, n.left, n.inside, ...table, n.rowHeader, n.above, n.below, n.lead]
    : [n.inside, ...table, n.left, n.rowHeader, n.lineStart, n.above, n.below, n.right]
  return order.filter((text): text is string => Boolean(text))
}
