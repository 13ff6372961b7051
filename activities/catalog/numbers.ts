import type { Figure } from '../../contracts/index.js'

export const NOT_MEASURED = '–'

const percentOf = (share: number): string => (share * 100).toFixed(1)

/** `81.2 % (74.0–88.1)` */
export const share = (figure: Figure | undefined): string =>
  figure ? `${percentOf(figure.value)} % (${percentOf(figure.low)}–${percentOf(figure.high)})` : NOT_MEASURED

/** A share without its interval. */
export const bareShare = (figure: Figure | undefined): string => (figure ? `${percentOf(figure.value)} %` : NOT_MEASURED)

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${percentOf(Math.abs(value))}`
/** A difference in percentage points: `+12.1 (+3.0 to +20.4)` */
export const points = (figure: Figure): string => `${signed(figure.value)} (${signed(figure.low)} to ${signed(figure.high)})`

/** Dollars with as many digits as the amount needs to be told from nothing. */
export function dollars(amount: number | null): string {
  if (amount === null) return NOT_MEASURED
  if (amount === 0) return '$0'
  const digits = amount >= 1 ? 2 : Math.min(8, Math.ceil(-Math.log10(Math.abs(amount))) + 2)
  return `$${amount.toFixed(digits)}`
}

export const seconds = (value: number | null): string => (value === null ? NOT_MEASURED : `${value.toFixed(1)} s`)
export const whole = (value: number | null): string => (value === null ? NOT_MEASURED : Math.round(value).toLocaleString('en-US'))

/** Between two times: `1 h 04 min`, `12 min 30 s`. */
export function span(from: string, to: string): string {
  const total = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000))
  const [h, m, s] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h} h ${two(m)} min` : m > 0 ? `${m} min ${two(s)} s` : `${s} s`
}
