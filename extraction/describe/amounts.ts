import { type Layout, onRow } from './layout.js'
import { midX, type Widget } from './model.js'

const REACH = 16

/** `$` or `%` where a currency sign, a cents column or a percent sign stands at a widget. */
export function unitSign(w: Widget, { phrases }: Layout): '$' | '%' | undefined {
  const near = phrases.filter((p) => onRow(w, p) && p.x1 > w.x0 - REACH && p.x0 < w.x1 + REACH)
  if (near.some((p) => /(?:^|\s)\$$/.test(p.text) && p.x1 < w.x1 && (p.text === '$' || p.x1 <= w.x0 + 3))) return '$'
  if (near.some((p) => /^(?:\.?00)$/.test(p.text) && midX(p) > w.x1 - 14)) return '$'
  return near.some((p) => /^%/.test(p.text) && p.x0 > w.x1 - 14) ? '%' : undefined
}
