import { isCaps } from './blocks.js'
import { joinLines, type Layout, onRow } from './layout.js'
import { type Band, type Box, contains, midX, midY, overlapX, type Phrase, width } from './model.js'

export interface Heading extends Box {
  text: string
  /** 'Part II', 'Section 3', or printed on a filled band; the others only look like headings. */
  strong: boolean
  size: number
}

const PART = /^(?:part|section|schedule|step|article|chapter|parte|secci[oó]n|paso)\s+(?:[ivxl]{1,6}|[a-z]|\d{1,2}[a-z]?)\b/i
const PART_ALONE = /^(?:part|section|schedule|step|article|chapter|parte|secci[oó]n|paso)\s+(?:[ivxl]{1,6}|[a-z]|\d{1,2}[a-z]?)[\s.:–—-]*$/i
const RUNNING = /\bpage\s+\d|^form\s|\bomb (?:no|control)|^\(?rev\b|cat\. no/i
const INSTRUCTS =
  /^(?:attach|for use|enter|see|complete|check|if|note|caution|do not|don|keep|file|use|read|please|amounts?|total|send|mail|make|and|or|of|to|the|than)\b/i
const MAX_WORDS = 18
const MAX_BAND_HEIGHT = 44

/** Size of the page's running text: the median over its words. */
export function bodySize(phrases: Phrase[]): number {
  const sizes = phrases.flatMap((p) => p.words.map((w) => w.size)).sort((a, b) => a - b)
  return sizes[Math.floor(sizes.length / 2)] ?? 9
}

/** Print that titles a part of a page, from the top; `captions` belong to widgets. */
export function findHeadings(layout: Layout, captions: Set<Phrase>, body: number): Heading[] {
  const used = new Set<Phrase>()
  const headings: Heading[] = []
  for (const p of [...layout.phrases].sort((a, b) => a.base - b.base || a.x0 - b.x0)) {
    if (used.has(p)) continue
    const heading = headingAt(p, layout, captions, body, used)
    if (heading) headings.push(heading)
  }
  return joinNumbersToTitles(headings)
}

function headingAt(p: Phrase, layout: Layout, captions: Set<Phrase>, body: number, used: Set<Phrase>): Heading | undefined {
  const part = PART.test(p.text)
  const band = bandOf(p, layout)
  const marked = p.bold || (part && p.words[0]!.bold) || band !== undefined || p.size > 1.12 * body || isCaps(p.text)
  if (!marked || !/\p{L}{3}/u.test(p.text) || RUNNING.test(p.text)) return undefined
  const strong = (part && startsRow(p, layout)) || (band !== undefined && titlesBand(p, band, layout))
  if (!strong && !looksLikeHeading(p, layout, captions, body)) return undefined
  if (strong && !part && captions.has(p)) return undefined
  const lines = wholeHeading(p, layout, part)
  if (lines.reduce((n, l) => n + l.text.split(' ').length, 0) > MAX_WORDS) lines.splice(part ? 2 : 1)
  for (const line of lines) used.add(line)
  const text = joinLines(headText(lines))
  if (text.split(' ').length > 2 * MAX_WORDS) return undefined
  const span = band ?? { x0: Math.min(...lines.map((l) => l.x0)), x1: Math.max(...lines.map((l) => l.x1)) }
  return {
    text,
    strong,
    size: p.size,
    x0: span.x0,
    x1: span.x1,
    y0: Math.min(...lines.map((l) => l.y0)),
    y1: Math.max(...lines.map((l) => l.y1)),
  }
}

/** A heading that begins bold ends where the running text begins. */
function headText(lines: Phrase[]): string[] {
  const texts: string[] = []
  for (const line of lines) {
    const end = line.words.findIndex((w) => !w.bold)
    if (line.words[0]!.bold && end > 0) return [...texts, boldStart(line, end)]
    texts.push(line.text)
  }
  return texts
}

const boldStart = (line: Phrase, end: number): string =>
  line.text
    .slice(
      0,
      line.words.slice(0, end).reduce((at, w) => line.text.indexOf(w.text, at) + w.text.length, 0),
    )
    .trim()

function bandOf(p: Phrase, { page }: Layout): Band | undefined {
  return page.bands.find((b) => contains(b, midX(p), midY(p)) && b.y1 - b.y0 < MAX_BAND_HEIGHT && width(b) > 0.9 * width(p))
}

/** The only print of a wide band without widgets. */
function titlesBand(p: Phrase, band: Band, { page, phrases }: Layout): boolean {
  const others = phrases.filter((o) => contains(band, midX(o), midY(o)) && onRow(o, p))
  const far = others.some((o) => o.x0 - p.x1 > 60 || p.x0 - o.x1 > 60)
  return width(band) > 0.3 * page.width && !far && !page.widgets.some((w) => contains(band, midX(w), midY(w)))
}

const startsRow = (p: Phrase, { phrases }: Layout): boolean =>
  !phrases.some((o) => o !== p && onRow(o, p) && o.x1 <= p.x0 + 1 && p.x0 - o.x1 < 40)

/** Alone on its row, short, larger or in capitals, and nobody's caption. */
function looksLikeHeading(p: Phrase, layout: Layout, captions: Set<Phrase>, body: number): boolean {
  const { page, blockOf } = layout
  if (captions.has(p) || p.leaderEnd !== undefined || /[.;,]$/.test(p.text) || INSTRUCTS.test(p.text) || p.size < 0.9 * body) return false
  const emphasis = (p.bold && p.size > 1.04 * body) || isCaps(p.text) || (p.bold && p.text.split(' ').length > 1)
  if (!emphasis || (blockOf.get(p)?.lines.length ?? 1) > 2) return false
  const beside = layout.captions.some((o) => o !== p && onRow(o, p) && Math.min(Math.abs(o.x0 - p.x1), Math.abs(p.x0 - o.x1)) < 120)
  return !beside && !page.widgets.some((w) => onRow(w, p) && Math.min(Math.abs(w.x0 - p.x1), Math.abs(p.x0 - w.x1)) < 300)
}

/** The line's further phrases ('Part I' and its title) and the lines it wraps into. */
function wholeHeading(p: Phrase, layout: Layout, part: boolean): Phrase[] {
  const lines = layout.blockOf.get(p)?.lines ?? [p]
  const block = lines.slice(lines.indexOf(p), lines.indexOf(p) + 2)
  if (!part) return block
  const title = layout.captions
    .filter((o) => o !== p && onRow(o, p) && o.x0 >= p.x1 - 1 && o.x0 - p.x1 < 70 && (o.words[0]!.bold || !p.bold))
    .sort((a, b) => a.x0 - b.x0)[0]
  return title && !layout.page.widgets.some((w) => onRow(w, p) && w.x0 < title.x0 && w.x1 > p.x1)
    ? [p, ...(layout.blockOf.get(title)?.lines ?? [title]).slice(0, 2)]
    : block
}

/** 'Part II' on a line of its own is titled by the heading right under it. */
function joinNumbersToTitles(headings: Heading[]): Heading[] {
  const joined: Heading[] = []
  for (const heading of headings) {
    const last = joined.at(-1)
    const under =
      last && heading.y0 - last.y1 < 1.2 * heading.size && (overlapX(last, heading) > 0 || Math.abs(midX(last) - midX(heading)) < 30)
    if (last && under && PART_ALONE.test(last.text) && !PART.test(heading.text)) {
      last.text = `${last.text} ${heading.text}`
      last.y1 = heading.y1
      last.x0 = Math.min(last.x0, heading.x0)
      last.x1 = Math.max(last.x1, heading.x1)
    } else joined.push(heading)
  }
  return joined
}
