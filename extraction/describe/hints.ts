import type { Marker } from '../../contracts/description.js'
import type { Widget } from './model.js'

/** Parts of field names that tools make up. */
const MADE_UP =
  /^(?:topmostsubform|form\d*|page\d*|subform\d*|fill|text|textfield|txt|field|check|checkbox|chk|cb|radio|radiobutton|button|group|undefined|untitled|f|c|p|t|pg|dropdown|combo|combobox|list|listbox|line|ln|row|rw|col|table|body|header|footer|area|box|bodyrow|date field|signature field|toggle|numeric|sig)$/i

/** What the form's own metadata says of a widget; undefined when it says nothing in words. */
export function hintOf(w: Widget): Marker['hint'] {
  const fieldName = meaningfulName(w.name)
  if (!w.tooltip && !fieldName) return undefined
  return { ...(w.tooltip && { tooltip: w.tooltip }), ...(fieldName && { fieldName }) }
}

/** The last part of a field name as words, when it has real ones. */
export function meaningfulName(name: string): string | undefined {
  const last = name
    .split('.')
    .at(-1)!
    .replace(/\[\d+\]/g, '')
  const words = last
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})/u)
    .filter(Boolean)
  const real = words.filter((word) => /^\p{L}{3,}$/u.test(word) && !MADE_UP.test(word) && /[aeiouyáéíóú]/i.test(word))
  return real.length > 0 && words.join('').length <= 80 ? words.join(' ') : undefined
}
