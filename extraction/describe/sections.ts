import { asNeighbour } from './layout.js'
import type { Heading } from './headings.js'
import { type Box, contains, midX, midY, type Widget } from './model.js'

export interface PageHeadings {
  headings: Heading[]
  zones: Box[]
}

/**
 * Headings that count over the whole form: where strong ones exist, a weak one must be as large as they are; the form's
 * title and what every page repeats are none.
 */
export function chooseHeadings(pages: PageHeadings[], title: string): PageHeadings[] {
  const all = pages.flatMap((page) => page.headings)
  const strongSizes = all.filter((h) => h.strong).map((h) => h.size)
  const floor = strongSizes.length > 0 ? Math.min(...strongSizes) + 0.4 : 0
  const counts = new Map<string, number>()
  for (const h of all) counts.set(h.text, (counts.get(h.text) ?? 0) + 1)
  const counted = (h: Heading) =>
    (h.strong || h.size > floor) && !title.includes(h.text) && ((counts.get(h.text) ?? 0) < 3 || pages.length < 3)
  return pages.map((page) => ({ ...page, headings: page.headings.filter(counted) }))
}

/** The nearest heading over a widget in its column; else the one that the page before ended with. */
export function sectionOf(w: Widget, { headings, zones }: PageHeadings, carried: string | undefined): string | undefined {
  const zone = zones.find((z) => contains(z, midX(w), midY(w)))
  const over = headings.filter((h) => h.y0 < midY(w) && covers(h, w, zone, zones, headings))
  const nearest = over.reduce<Heading | undefined>((best, h) => (best && best.y0 > h.y0 ? best : h), undefined)
  return asNeighbour(nearest?.text) ?? carried
}

function covers(h: Heading, w: Widget, zone: Box | undefined, zones: Box[], headings: Heading[]): boolean {
  const own = zones.find((z) => contains(z, midX(h), midY(h)))
  if (own !== undefined && zone !== undefined && own !== zone && own.x1 - own.x0 < zones[0]!.x1 - zones[0]!.x0)
    return midX(w) > own.x0 && midX(w) < own.x1
  const right = headings.find((o) => o !== h && Math.abs(o.y0 - h.y0) < 6 && o.x0 > h.x1)
  const left = headings.find((o) => o !== h && Math.abs(o.y0 - h.y0) < 6 && o.x1 < h.x0)
  return midX(w) > (left ? h.x0 - 12 : 0) && midX(w) < (right ? right.x0 - 12 : Number.POSITIVE_INFINITY)
}

/** The heading in force at a page's end. */
export function lastHeading({ headings, zones }: PageHeadings): string | undefined {
  const rank = (h: Heading) => zones.findIndex((z) => contains(z, midX(h), midY(h)))
  return asNeighbour([...headings].sort((a, b) => rank(a) - rank(b) || a.y0 - b.y0).at(-1)?.text)
}
