import type { FormDescription, Marker, Window } from '../contracts/index.js'
import { markerWithoutOrders, withoutOrders } from './untrusted.js'
import { subjectOf } from './variants/rules/subject.js'

/**
 * Markers of one window. Prompts grow by about 28 tokens a marker and answers by about 6, so a window stays near
 * 300 tokens: what a 135M model follows reliably and what two cores train on. Other limits were not compared.
 */
export const MAX_MARKERS = 8
/** A check-box group or a table row is kept whole up to this many markers. */
const MAX_MARKERS_KEPT_WHOLE = 14

const sectionOf = (marker: Marker): string => marker.neighbours.section ?? ''

/** Markers that probably make one field or one row must not be parted: same lead, same button name, or same line. */
function belongTogether(a: Marker, b: Marker): boolean {
  if (a.page !== b.page || sectionOf(a) !== sectionOf(b)) return false
  const buttons = (m: Marker) => m.kind === 'check' || m.kind === 'radio'
  if (buttons(a) && buttons(b)) {
    if (a.name !== '' && a.name === b.name) return true
    if (a.neighbours.lead !== undefined && a.neighbours.lead === b.neighbours.lead) return true
  }
  return Math.abs(a.rect.y + a.rect.height / 2 - b.rect.y - b.rect.height / 2) < Math.min(a.rect.height, b.rect.height) / 2
}

/** Runs of markers that stay together, in reading order. */
function runsOf(markers: Marker[]): Marker[][] {
  const runs: Marker[][] = []
  for (const marker of markers) {
    const run = runs.at(-1)
    if (run && run.length < MAX_MARKERS_KEPT_WHOLE && belongTogether(run.at(-1)!, marker)) run.push(marker)
    else runs.push([marker])
  }
  return runs
}

/**
 * Cuts a description along its sections and rows into windows of at most `maxMarkers` markers (more only to keep
 * one row or one group of check boxes whole). Every marker is in exactly one window, in reading order. What the PDF says
 * to a model is left out: it names no field.
 */
export function cutWindows(description: FormDescription, maxMarkers = MAX_MARKERS): Window[] {
  const windows: Window[] = []
  const form = { formTitle: withoutOrders(description.title), subject: subjectOf(description) }
  let current: Marker[] = []
  const close = () => {
    const first = current[0]
    if (!first) return
    windows.push({
      id: `w${windows.length + 1}`,
      ...form,
      section: withoutOrders(sectionOf(first)),
      markers: current.map(markerWithoutOrders),
    })
    current = []
  }
  for (const run of runsOf(description.markers)) {
    const last = current.at(-1)
    if (last && (sectionOf(last) !== sectionOf(run[0]!) || current.length + run.length > maxMarkers)) close()
    current.push(...run)
  }
  close()
  return windows
}
