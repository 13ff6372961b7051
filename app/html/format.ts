import type { Figure } from '../../contracts/index.js'

/** Dollars with as many digits as they need: `$0`, `under $0.0001`, `$0.0042`, `$1.20`. */
export function dollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (value === 0) return '$0'
  if (value < 0.0001) return 'under $0.0001'
  return `$${value < 0.1 ? value.toFixed(4) : value.toFixed(2)}`
}

export const seconds = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)} s`

export const percent = (value: number): string => `${(value * 100).toFixed(0)} %`

/** A share with its 95 % interval: `61 % (52–70)`. */
export const figure = (f: Figure | undefined): string =>
  f ? `${percent(f.value)} (${(f.low * 100).toFixed(0)}–${(f.high * 100).toFixed(0)})` : '–'

/** `2026-03-01 12:30 UTC` of an ISO time or a Date. */
export function when(at: string | Date | null | undefined): string {
  if (!at) return '–'
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The first twelve letters of a digest. */
export const short = (digest: string | null | undefined): string => (digest ? digest.slice(0, 12) : '–')
