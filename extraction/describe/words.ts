import { MAX_TEXT_CHARS, MAX_WORDS_PER_PAGE } from './limits.js'
import type { Word } from './model.js'

export interface TextItem {
  str: string
  width: number
  transform: number[]
  fontName: string
  hasEOL?: boolean
}

/** Share of the ascender and descender of a line's box. */
const ASCENT = 0.76
const DESCENT = 0.22

/** An empty box that is printed as a character. */
export const EMPTY_BOX = '☐'
const BOX_GLYPH = /^[☐□❏❐❑❒▢\uf06f\uf0a8\uf071]$/u
/** What an empty box is called in the usual symbol fonts. */
const BOX_LETTER = /^[noqpr¨]$/u

export interface FontTraits {
  bold: boolean
  /** Its letters stand for pictures. */
  symbols: boolean
}

const isBoxGlyph = (text: string, font: FontTraits): boolean =>
  BOX_GLYPH.test(text.trim()) || (font.symbols && BOX_LETTER.test(text.trim()))

/** Widths in a proportional face, relative; enough to place the words of one text item. */
function charWidth(char: string): number {
  if (/[ilj.,:;'|!()[\] ]/.test(char)) return 0.3
  if (/[mwMW@%—]/.test(char)) return 0.85
  return /[A-Z0-9]/.test(char) ? 0.62 : 0.52
}

/** Control, format and private-use characters: none of them is print that can be named. */
const UNPRINTED = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu

/** Printed text without control, direction and zero-width characters, spaces made one. */
export function clean(text: string): string {
  return text
    .slice(0, 4 * MAX_TEXT_CHARS)
    .replace(/\u00ad/g, '-')
    .normalize('NFKC')
    .replace(UNPRINTED, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_TEXT_CHARS)
}

/** Upright words and the rotated ones of a page's text items; `view` maps PDF units to the page seen upright. */
export function readWords(items: TextItem[], view: number[], fontOf: (fontName: string) => FontTraits): { words: Word[]; rotated: Word[] } {
  const words: Word[] = []
  const rotated: Word[] = []
  let spaced: boolean = true
  for (const item of items) {
    const after: boolean = spaced
    spaced = /\s$/.test(item.str ?? '') || item.hasEOL === true || (item.str === '' && after)
    if (!item.str?.trim()) continue
    const [a, b, c, d, e, f] = product(view, item.transform)
    const size = Math.hypot(c, d)
    if (!(size > 0.5 && size < 300) || !Number.isFinite(e + f + item.width)) continue
    const font = fontOf(item.fontName)
    if (font.symbols && !isBoxGlyph(item.str, font)) continue
    const upright = Math.abs(b) < 0.2 * Math.abs(a) && a > 0
    if (upright) words.push(...splitItem(item, e, f, size, font, after))
    else {
      const text = clean(item.str)
      const [dx, dy] = [(a / Math.hypot(a, b)) * item.width, (b / Math.hypot(a, b)) * item.width]
      rotated.push({
        text,
        x0: Math.min(e, e + dx),
        x1: Math.max(e, e + dx),
        y0: Math.min(f, f + dy),
        y1: Math.max(f, f + dy),
        base: f,
        size,
        bold: false,
      })
    }
    if (words.length > MAX_WORDS_PER_PAGE) break
  }
  return { words: withoutDoubles(words), rotated }
}

function product(m: number[], n: number[]): [number, number, number, number, number, number] {
  const at = (i: number, j: number, k: number) => m[i]! * n[k]! + m[j]! * n[k + 1]!
  return [at(0, 2, 0), at(1, 3, 0), at(0, 2, 2), at(1, 3, 2), at(0, 2, 4) + m[4]!, at(1, 3, 4) + m[5]!]
}

function splitItem(item: TextItem, x: number, base: number, size: number, font: FontTraits, after: boolean): Word[] {
  const { bold } = font
  const chars = [...item.str]
  const total = chars.reduce((sum, char) => sum + charWidth(char), 0) || 1
  const words: Word[] = []
  let at = x
  let start = x
  let text = ''
  let spaced = after
  const flush = () => {
    const cleaned = isBoxGlyph(text, font) ? EMPTY_BOX : clean(text)
    if (cleaned)
      words.push({ text: cleaned, x0: start, x1: at, y0: base - ASCENT * size, y1: base + DESCENT * size, base, size, bold, spaced })
    text = ''
    spaced = true
  }
  for (const char of chars) {
    const space = /\s/.test(char)
    const edge = text !== '' && (char === '_') !== text.endsWith('_')
    if (space || edge) flush()
    if (edge) spaced = false
    if (!text) start = at
    at += (charWidth(char) / total) * item.width
    if (!space) text += char
  }
  flush()
  return words
}

/** Bold is sometimes faked by printing the same word twice, a hair apart. */
function withoutDoubles(words: Word[]): Word[] {
  const seen = new Set<string>()
  return words.filter((word) => {
    const key = `${word.text}|${Math.round(word.x0)}|${Math.round(word.base)}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
