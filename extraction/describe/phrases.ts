import {
  type Box,
  type HRule,
  height,
  isButton,
  overlap,
  overlapY,
  type PageGeometry,
  type Phrase,
  type VRule,
  type Word,
} from './model.js'

const LEADER = /^[.·…•]{2,}$|^_{2,}$|^-{4,}$|^…+$/u
const DOT = /^[.·…]$/u

/** A page's words joined into phrases: split at wide gaps, vertical rules, widgets and leaders. */
export function readPhrases(page: PageGeometry): Phrase[] {
  const phrases: Phrase[] = []
  for (const row of baselines(page.words)) {
    let current: Phrase | undefined
    row.forEach((word, i) => {
      if (isLeader(word, row[i - 1], row[i + 1])) {
        const last = current ?? phrases.at(-1)
        if (last && Math.abs(last.base - word.base) < 2) last.leaderEnd = word.x1
        current = undefined
        return
      }
      if (current && joins(current, word, page)) extend(current, word)
      else {
        current = { ...word, words: [word] }
        phrases.push(current)
      }
    })
  }
  return markNumbered(phrases)
}

const LINE_NUMBER = /^\(?(?:\d{1,2}\s?[a-z]?|[a-zA-Z]|[ivx]{1,4})[.)]?$/
/** Widest gap between a line number and its text. */
const NUMBER_REACH = 46

function markNumbered(phrases: Phrase[]): Phrase[] {
  phrases.forEach((phrase, i) => {
    const before = phrases[i - 1]
    if (!before || Math.abs(before.base - phrase.base) > 2 || !LINE_NUMBER.test(before.text)) return
    if (before.leaderEnd === undefined && phrase.x0 - before.x1 < NUMBER_REACH && phrase.x0 > before.x1) phrase.numbered = true
  })
  return phrases
}

/** Words grouped by baseline, each row from left to right. */
function baselines(words: Word[]): Word[][] {
  const rows: Word[][] = []
  for (const word of [...words].sort((a, b) => a.base - b.base)) {
    const row = rows.findLast((r) => Math.abs(r[0]!.base - word.base) < Math.max(1.2, 0.22 * Math.min(word.size, r[0]!.size)))
    if (row && Math.abs(rows.at(-1)![0]!.base - word.base) < 12) row.push(word)
    else rows.push([word])
  }
  return rows.map((row) => row.sort((a, b) => a.x0 - b.x0))
}

/** A lone dot counts when another stands beside it. */
function isLeader(word: Word, before: Word | undefined, after: Word | undefined): boolean {
  if (LEADER.test(word.text)) return true
  return DOT.test(word.text) && [before, after].some((w) => w !== undefined && (DOT.test(w.text) || LEADER.test(w.text)))
}

const YES_NO = /^(?:yes|no|s[ií])[.,:]?$/i

/** A box to tick right before or behind a word. */
const boxBeside = (word: Word, page: PageGeometry): boolean =>
  page.widgets.some(
    (w) => isButton(w) && overlapY(w, word) > 0.3 * height(word) && Math.min(Math.abs(w.x0 - word.x1), Math.abs(word.x0 - w.x1)) < 9,
  )

/** A box to tick on the word's row: its options are often printed smaller than its question. */
const boxOnRow = (word: Word, page: PageGeometry): boolean =>
  page.widgets.some((w) => isButton(w) && overlapY(w, word) > 0.5 * height(word))

function joins(phrase: Phrase, word: Word, page: PageGeometry): boolean {
  const gap = word.x0 - phrase.x1
  if (YES_NO.test(word.text) && gap > 0.45 * word.size && boxBeside(word, page)) return false
  const size = Math.max(phrase.size, word.size)
  if (gap > Math.max(3.5, 0.85 * Math.min(phrase.size, word.size)) || gap < -size) return false
  if (gap > 0.3 * word.size && Math.abs(phrase.words.at(-1)!.size - word.size) > 0.4 && boxOnRow(word, page)) return false
  if (Math.max(phrase.size, word.size) > 1.7 * Math.min(phrase.size, word.size) && gap > 1) return false
  if (crossesV(page.v, phrase.x1 - 0.5, word.x0 + 0.5, phrase)) return false
  return !page.widgets.some((w) => overlapY(w, phrase) > 0.4 * height(phrase) && w.x0 >= phrase.x1 - 2 && w.x1 <= word.x0 + 2)
}

function extend(phrase: Phrase, word: Word): void {
  const glued = !word.spaced && word.x0 - phrase.x1 < 0.12 * word.size
  phrase.text += (glued ? '' : ' ') + word.text
  phrase.words.push(word)
  phrase.x1 = Math.max(phrase.x1, word.x1)
  phrase.y0 = Math.min(phrase.y0, word.y0)
  phrase.y1 = Math.max(phrase.y1, word.y1)
  phrase.size = Math.max(phrase.size, word.size)
  phrase.bold = phrase.bold && word.bold
  delete phrase.leaderEnd
}

/** Is there a vertical rule between two x that runs through the middle of the box's height? */
export function crossesV(rules: VRule[], x0: number, x1: number, box: Box): boolean {
  const mid = (box.y0 + box.y1) / 2
  return rules.some((r) => r.x > x0 && r.x < x1 && r.y0 <= mid && r.y1 >= mid)
}

/** Is there a horizontal rule between two y over a good part of the span? */
export function crossesH(rules: HRule[], y0: number, y1: number, x0: number, x1: number): boolean {
  return rules.some((r) => r.y > y0 && r.y < y1 && overlap(r.x0, r.x1, x0, x1) > 0.5 * Math.max(1, x1 - x0))
}
