import type { Heading } from './headings.js'
import { asNeighbour } from './layout.js'
import { type Box, contains, midX, midY, type Widget } from './model.js'

/** Sizes closer than this are one style. */
const SAME_SIZE = 0.4

/**
 * The headings that part the form: those that say 'Part' and what is printed like them; else those on bands; else the
 * largest style that comes twice. Smaller ones title tables and lists within a part.
 */
export function chooseHeadings(pages: Heading[][], title: string): Heading[][] {
  const all = pages.flat().filter((h) => !repeats(h, pages) && !title.includes(h.text))
  const upright = all.filter((h) => !h.side)
  const parts = upright.filter((h) => h.part)
  const bands = upright.filter((h) => h.band)
  const first = parts.length > 0 ? parts : bands.length > 1 ? bands : largestStyle(upright)
  const least = Math.min(...first.map((h) => h.size)) - SAME_SIZE
  const bold = first.every((h) => h.bold)
  const chosen = new Set(
    all.filter(
      (h) =>
        h.side ||
        first.includes(h) ||
        (h.size >= least && (h.bold || !bold) && !(bands.length > 1 && first === bands && !h.band && h.size < least + 2 * SAME_SIZE)),
    ),
  )
  return pages.map((page) => page.filter((h) => chosen.has(h)))
}

/** What three pages or more repeat is furniture. */
const repeats = (h: Heading, pages: Heading[][]): boolean =>
  pages.filter((page) => page.some((o) => o.text === h.text && Math.abs(o.y0 - h.y0) < 4)).length > 2

function largestStyle(headings: Heading[]): Heading[] {
  const sizes = [...new Set(headings.map((h) => h.size))].sort((a, b) => b - a)
  for (const size of sizes) {
    const style = headings.filter((h) => Math.abs(h.size - size) < SAME_SIZE)
    if (style.length > 1) return style
  }
  return headings
}

/** The nearest heading over a widget in its column, or beside it; else the one that the page before ended with. */
export function sectionOf(w: Widget, headings: Heading[], zones: Box[], carried: string | undefined): string | undefined {
  const beside = headings.find((h) => h.side && midY(w) > h.y0 && midY(w) < h.y1)
  if (beside) return asNeighbour(beside.text)
  const zone = zones.find((z) => contains(z, midX(w), midY(w)))
  const over = headings.filter((h) => !h.side && h.y0 < midY(w) && covers(h, w, zone, zones, headings))
  const nearest = over.reduce<Heading | undefined>((best, h) => (best && best.y0 > h.y0 ? best : h), undefined)
  return asNeighbour(nearest?.text) ?? carried
}

function covers(h: Heading, w: Widget, zone: Box | undefined, zones: Box[], headings: Heading[]): boolean {
  const own = zones.find((z) => contains(z, midX(h), midY(h)))
  const narrow = own !== undefined && own.x1 - own.x0 < zones[0]!.x1 - zones[0]!.x0
  if (own && zone && own !== zone && narrow) return midX(w) > own.x0 && midX(w) < own.x1
  const right = headings.find((o) => o !== h && Math.abs(o.y0 - h.y0) < 6 && o.x0 > h.x1)
  const left = headings.find((o) => o !== h && Math.abs(o.y0 - h.y0) < 6 && o.x1 < h.x0)
  return midX(w) > (left ? h.x0 - 12 : 0) && midX(w) < (right ? right.x0 - 12 : Number.POSITIVE_INFINITY)
}

/** The heading in force at a page's end. */
export function lastHeading(headings: Heading[], zones: Box[]): string | undefined {
  const rank = (h: Heading) => zones.findIndex((z) => contains(z, midX(h), midY(h)))
  return asNeighbour([...headings].sort((a, b) => rank(a) - rank(b) || a.y0 - b.y0).at(-1)?.text)
}
