import { joinLines, type Layout } from './layout.js'
import type { Phrase } from './model.js'

const MAX_TITLE_WORDS = 20

export interface Title {
  text: string
  /** Where the title ends; print above it is the agency's. */
  bottom: number
}

/** The form's title: the largest words of the first page's upper half that are more than a number. */
export function titleOf({ page, phrases, blockOf }: Layout): Title {
  const words = (text: string) => text.split(' ').filter((w) => /\p{L}{3}/u.test(w)).length
  const candidates = phrases.filter((p) => p.y0 < page.height / 2 && words(p.text) >= 2)
  const largest = candidates.reduce<Phrase | undefined>((best, p) => (best && best.size >= p.size - 0.3 ? best : p), undefined)
  if (!largest) return { text: phrases[0]?.text ?? '', bottom: 0 }
  const lines = (blockOf.get(largest)?.lines ?? [largest]).filter((line) => Math.abs(line.size - largest.size) < 1)
  const text = joinLines(lines.map((line) => line.text))
    .split(' ')
    .slice(0, MAX_TITLE_WORDS)
    .join(' ')
  return { text, bottom: Math.max(...lines.map((line) => line.base)) }
}
