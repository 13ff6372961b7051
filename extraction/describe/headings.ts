import { isCaps } from './blocks.js'
import { joinLines, type Layout, onRow } from './layout.js'
import { type Box, contains, height, midX, midY, overlap, overlapX, type Phrase, width } from './model.js'

export interface Heading extends Box {
  text: string
  lines: Phrase[]
  /** 'Part II', 'Section 3'. */
  part: boolean
  /** The only print of a wide filled band, or of a side band. */
  band: boolean
  size: number
  bold: boolean
  /** Printed sideways: titles what stands beside it. */
  side?: boolean
}

const ORDINAL =
  '(?:[ivxl]{1,6}|[a-z]|\\d{1,2}[a-z]?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|uno|una|dos|tres|cuatro|cinco)'
const PART = new RegExp(`^(?:part|section|schedule|step|article|chapter|parte|secci[oó]n|paso)\\s+${ORDINAL}\\b`, 'i')
const PART_ALONE = new RegExp(`${PART.source}[\\s.:·–—-]*$`, 'i')
const RUNNING = /\bpage\s+\d|^form\s|\bomb (?:no|control)|^\(?rev\b|cat\. no|^www\.|https?:|\.gov\b/i
const INSTRUCTS =
  /^(?:attach|for use|enter|see|complete|check|if|note|caution|do not|don|keep|file|read|please|amounts?|total|send|mail|make|and|or|of|to|the following|than|you|we|i\b(?!\.))\b/i
const MAX_WORDS = 18
const MAX_BAND_HEIGHT = 44
/** Share of the page's width of a heading that stands in a column of its own, and the lines it wraps into. */
const SIDE_COLUMN = 0.18
const MAX_COLUMN_LINES = 5

/** Size of the page's running text: the median over its words. */
export function bodySize(phrases: Phrase[]): number {
  const sizes = phrases.flatMap((p) => p.words.map((w) => w.size)).sort((a, b) => a - b)
  return sizes[Math.floor(sizes.length / 2)] ?? 9
}

/** Print under `top` that may title a part of the page, from the top. */
export function findHeadings(layout: Layout, top: number): Heading[] {
  const body = bodySize(layout.phrases)
  const used = new Set<Phrase>()
  const headings: Heading[] = []
  for (const p of [...layout.phrases].sort((a, b) => a.base - b.base || a.x0 - b.x0)) {
    if (used.has(p) || midY(p) < top) continue
    const heading = headingAt(p, layout, body)
    if (!heading) continue
    for (const line of heading.lines) used.add(line)
    headings.push(heading)
  }
  return [...joinNumbersToTitles(headings), ...sideHeadings(layout)]
}

function headingAt(p: Phrase, layout: Layout, body: number): Heading | undefined {
  const part = PART.test(p.text) && startsRow(p, layout)
  const band = bandAround(p, layout)
  const bold = p.bold || (part && p.words[0]!.bold)
  const marked = bold || band !== undefined || p.size > 1.12 * body || isCaps(p.text)
  if (!marked || !/\p{L}{3}/u.test(p.text) || RUNNING.test(p.text) || p.leaderEnd !== undefined) return undefined
  if (!part && !band && !looksLikeHeading(p, layout, body)) return undefined
  const lines = wholeHeading(p, layout, part)
  const whole = joinLines(headText(lines))
  const text = part ? (beforeExplanation(whole) ?? whole) : whole
  if (text.split(' ').length > MAX_WORDS) return undefined
  const span = band ?? { x0: Math.min(...lines.map((l) => l.x0)), x1: Math.max(...lines.map((l) => l.x1)) }
  const [y0, y1] = [Math.min(...lines.map((l) => l.y0)), Math.max(...lines.map((l) => l.y1))]
  return { text, lines, part, band: band !== undefined, size: p.size, bold, x0: span.x0, x1: span.x1, y0, y1 }
}

/** 'Section 1. Employee Information: employees must complete…' is known by what stands before the colon. */
const beforeExplanation = (text: string): string | undefined => /^(\S+\s+\S+\s+[^:]{6,}):\s+(?:\S+\s+){4,}\S+$/.exec(text)?.[1]

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

/** The wide filled band whose only print this is and that has no widget. */
function bandAround(p: Phrase, { page, phrases }: Layout): Box | undefined {
  return page.bands.find((b) => {
    if (!contains(b, midX(p), midY(p)) || height(b) > MAX_BAND_HEIGHT || width(b) < 0.3 * page.width) return false
    const far = phrases.some((o) => contains(b, midX(o), midY(o)) && onRow(o, p) && (o.x0 - p.x1 > 60 || p.x0 - o.x1 > 60))
    return !far && !page.widgets.some((w) => contains(b, midX(w), midY(w)))
  })
}

const startsRow = (p: Phrase, { phrases }: Layout): boolean =>
  !phrases.some((o) => o !== p && onRow(o, p) && o.x1 <= p.x0 + 1 && p.x0 - o.x1 < 40)

/** Alone on its row, short, larger or in capitals, and in no widget's cell. */
function looksLikeHeading(p: Phrase, layout: Layout, body: number): boolean {
  const { page, blockOf } = layout
  if (/[.;,]$/.test(p.text) || (p.text.endsWith('?') && p.size < 1.12 * body) || INSTRUCTS.test(p.text) || p.size < 0.9 * body) return false
  const emphasis = p.size > 1.12 * body || isCaps(p.text) || p.bold
  if (!emphasis || (blockOf.get(p)?.lines.length ?? 1) > 2) return false
  if (page.widgets.some((w) => onRow(w, p) && Math.min(Math.abs(w.x0 - p.x1), Math.abs(p.x0 - w.x1)) < 300)) return false
  if (layout.captions.some((o) => o !== p && onRow(o, p) && Math.min(Math.abs(o.x0 - p.x1), Math.abs(p.x0 - o.x1)) < 120)) return false
  return p.size > 1.12 * body || !captionsCell(p, layout)
}

/** Does a widget stand close under the print, with no rule between? */
function captionsCell(p: Phrase, { page }: Layout): boolean {
  const underlined = page.h.some((r) => r.y > p.base && r.y - p.base < 9 && r.x1 - r.x0 > 1.5 * width(p) && r.x0 < p.x0 + 3 && r.x1 > p.x1)
  if (underlined) return false
  return page.widgets.some((w) => {
    const under = w.y0 > p.base - 3 && w.y0 - p.base < 16 && overlapX(w, p) > 0 && w.x0 < p.x0 + 20
    return (
      under &&
      !page.h.some(
        (r) => r.y > p.base && r.y < w.y0 + 1 && overlap(r.x0, r.x1, p.x0, p.x1) > 0.5 * width(p) && r.x1 - r.x0 > 1.3 * width(w),
      )
    )
  })
}

/** The line's further phrases ('Part I' and its title) and the lines it wraps into. */
function wholeHeading(p: Phrase, layout: Layout, part: boolean): Phrase[] {
  const lines = layout.blockOf.get(p)?.lines ?? [p]
  const rest = lines.slice(lines.indexOf(p))
  // 'Step 1: / Enter / Personal / Information' beside its rows wraps after each word or two.
  const column = part && rest.every((line) => line.bold && width(line) < SIDE_COLUMN * layout.page.width)
  const block = rest.slice(0, column ? MAX_COLUMN_LINES : 2)
  if (!part) return block
  const title = layout.captions
    .filter((o) => o !== p && onRow(o, p) && o.x0 >= p.x1 - 1 && o.x0 - p.x1 < 70 && (o.words[0]!.bold || !p.bold))
    .sort((a, b) => a.x0 - b.x0)[0]
  if (!title || layout.page.widgets.some((w) => onRow(w, p) && w.x0 < title.x0 && w.x1 > p.x1)) return block
  return [p, ...(layout.blockOf.get(title)?.lines ?? [title]).slice(0, 2)]
}

/** 'Part II' on a line of its own is titled by the heading right under it. */
function joinNumbersToTitles(headings: Heading[]): Heading[] {
  const joined: Heading[] = []
  for (const heading of headings) {
    const last = joined.at(-1)
    const under =
      last && heading.y0 - last.y1 < 1.2 * heading.size && (overlapX(last, heading) > 0 || Math.abs(midX(last) - midX(heading)) < 30)
    if (last && under && PART_ALONE.test(last.text) && !heading.part) {
      last.text = `${last.text} ${heading.text}`
      last.lines = [...last.lines, ...heading.lines]
      last.y1 = heading.y1
      last.x0 = Math.min(last.x0, heading.x0)
      last.x1 = Math.max(last.x1, heading.x1)
    } else joined.push(heading)
  }
  return joined
}

/** Sideways print on a band or beginning 'Part': titles the rows beside it. */
function sideHeadings({ page }: Layout): Heading[] {
  return page.rotated.flatMap((word) => {
    const band = page.bands.find((b) => contains(b, midX(word), midY(word)) && height(b) > 2 * width(b))
    if ((!band && !PART.test(word.text)) || !/\p{L}{3}/u.test(word.text)) return []
    const { x0, y0, x1, y1 } = band ?? word
    return [
      { text: word.text, lines: [], part: PART.test(word.text), band: true, size: word.size, bold: false, side: true, x0, y0, x1, y1 },
    ]
  })
}
