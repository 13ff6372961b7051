import type { Marker } from '../../../contracts/description.js'
import { labelTokens, tidyLabel } from '../../label.js'

const NOTHING = /^(?:no|n\/a|or|and|of|the)$/i

/** The label of one widget: the strongest text around it, tidied; '' when there is none. */
export function chooseLabel(marker: Marker): string {
  if (optionsAreStates(marker)) return 'State'
  for (const text of candidates(marker)) {
    const label = tidyLabel(text)
    if (labelTokens(label).length > 0 && !NOTHING.test(label)) return label
  }
  return ''
}

const STATE_CODES = new Set(
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY'.split(
    ' ',
  ),
)

/** A list to choose from that offers the states of the US says what it is whatever stands around it. */
function optionsAreStates({ kind, options = [] }: Marker): boolean {
  return kind === 'choice' && options.filter((option) => STATE_CODES.has(option)).length >= 10
}

function candidates({ kind, neighbours: n }: Marker): string[] {
  const button = kind === 'check' || kind === 'radio'
  const table = n.columnHeader ? [n.rowHeader ? `${tidyLabel(n.rowHeader)} ${tidyLabel(n.columnHeader)}` : n.columnHeader] : []
  const order = button
    ? [n.right, n.left, n.inside, ...table, n.rowHeader, n.above, n.below, n.lead]
    : [n.inside, ...table, n.left, n.rowHeader, n.lineStart, n.above, n.below, n.right]
  return order.filter((text): text is string => Boolean(text))
}
