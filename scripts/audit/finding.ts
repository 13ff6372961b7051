/** One thing that was checked. */
export interface Finding {
  check: 'page' | 'figures' | 'store' | 'cases' | 'git' | 'history' | 'replay'
  holds: boolean
  /** What holds, or what was expected and what was found. */
  detail: string
}

export const holds = (check: Finding['check'], detail: string): Finding => ({ check, holds: true, detail })
export const fails = (check: Finding['check'], detail: string): Finding => ({ check, holds: false, detail })

/** Compares two values by their JSON; names the first path where they differ. */
export function compare(check: Finding['check'], what: string, expected: unknown, found: unknown): Finding {
  const path = firstDifference(expected, found)
  if (path === null) return holds(check, what)
  const show = (value: unknown): string => (JSON.stringify(at(value, path)) ?? 'nothing').slice(0, 120)
  return fails(check, `${what}: ${path.join('.') || 'value'} is ${show(found)}, expected ${show(expected)}`)
}

const at = (value: unknown, path: string[]): unknown =>
  path.reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], value)
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function firstDifference(a: unknown, b: unknown): string[] | null {
  if (!isObject(a) || !isObject(b)) return Object.is(a, b) ? null : []
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const inside = firstDifference(a[key], b[key])
    if (inside) return [key, ...inside]
  }
  return null
}
