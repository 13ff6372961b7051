import { type Layout, onRow, rulesBeside, widgetBeside } from './layout.js'
import { contains, midX, midY, type Phrase, type Widget } from './model.js'

/** A phrase beside a widget and how it stands there. */
export interface Found {
  phrase: Phrase
  /** Points between the phrase, or its leader's end, and the widget. */
  gap: number
  /** Rules that stand between. */
  rules: number
}

export function leftOf(w: Widget, layout: Layout): Found | undefined {
  const phrase = layout.captions
    .filter((p) => onRow(w, p) && midX(p) < w.x0 && p.x1 <= w.x0 + 5 && !widgetBeside(w, p.x1, w.x0, layout))
    .sort((a, b) => b.x1 - a.x1)[0]
  if (!phrase) return undefined
  const end = Math.max(phrase.x1, phrase.leaderEnd ?? 0)
  return { phrase, gap: Math.max(0, w.x0 - end), rules: rulesBeside(w, phrase.x1, w.x0 + 2, layout) }
}

export function rightOf(w: Widget, layout: Layout): Found | undefined {
  const phrase = layout.captions
    .filter((p) => onRow(w, p) && p.x0 >= w.x1 - 4 && midX(p) > w.x1 && !widgetBeside(w, w.x1, p.x0, layout))
    .sort((a, b) => a.x0 - b.x0)[0]
  return phrase && { phrase, gap: Math.max(0, phrase.x0 - w.x1), rules: rulesBeside(w, w.x1 - 2, phrase.x0, layout) }
}

/** Print within the widget's rectangle. */
export function insideOf(w: Widget, { phrases }: Layout): string | undefined {
  const words = phrases.flatMap((p) => p.words).filter((word) => contains(w, midX(word), midY(word)))
  const text = words.map((word) => word.text).join(' ')
  // Single letters are a format to write in, not a name.
  return words.some((word) => word.text.replace(/[^\p{L}]/gu, '').length > 1) && text.length < 160 ? text : undefined
}

/** First caption of the row, other widgets or not. */
export function lineStartOf(w: Widget, layout: Layout): Phrase | undefined {
  return layout.captions.filter((p) => onRow(w, p) && midX(p) < w.x0 && p.x1 <= w.x0 + 5).sort((a, b) => a.x0 - b.x0)[0]
}
