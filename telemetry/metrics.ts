/** Prometheus' text format, as much of it as our parts need: counters, gauges that are asked, histograms. */
type Labels = Record<string, string>

const HELP_NEWLINE = /[\\\n]/g
const quoted = (value: string): string => value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))
const keyOf = (labels: Labels): string =>
  Object.keys(labels)
    .sort()
    .map((name) => `${name}="${quoted(labels[name]!)}"`)
    .join(',')
const sample = (name: string, key: string, value: number): string => `${name}${key ? `{${key}}` : ''} ${value}`

interface Metric {
  lines(): string[]
}

/** Metrics of one part. */
export class Metrics {
  private readonly all = new Map<string, Metric>()

  counter(name: string, help: string): { add(labels?: Labels, by?: number): void } {
    const values = new Map<string, number>()
    this.register(name, 'counter', help, () => [...values].map(([key, value]) => sample(name, key, value)))
    return {
      add(labels = {}, by = 1) {
        const key = keyOf(labels)
        values.set(key, (values.get(key) ?? 0) + by)
      },
    }
  }

  /** Asked for its value when somebody looks. */
  gauge(name: string, help: string, read: () => number): void {
    this.register(name, 'gauge', help, () => [sample(name, '', read())])
  }

  histogram(name: string, help: string, bounds: readonly number[]): { observe(value: number, labels?: Labels): void } {
    const series = new Map<string, { counts: number[]; sum: number }>()
    this.register(name, 'histogram', help, () => [...series].flatMap(([key, one]) => histogramLines(name, key, one, bounds)))
    return {
      observe(value, labels = {}) {
        const key = keyOf(labels)
        const one = series.get(key) ?? { counts: [...bounds, 0].map(() => 0), sum: 0 }
        series.set(key, one)
        const at = bounds.findIndex((bound) => value <= bound)
        one.counts[at < 0 ? bounds.length : at]! += 1
        one.sum += value
      },
    }
  }

  /** The page that Prometheus reads. */
  text(): string {
    return `${[...this.all.values()].flatMap((metric) => metric.lines()).join('\n')}\n`
  }

  private register(name: string, type: string, help: string, samples: () => string[]): void {
    if (this.all.has(name)) throw new Error(`The metric ${name} exists already.`)
    const head = [`# HELP ${name} ${help.replace(HELP_NEWLINE, ' ')}`, `# TYPE ${name} ${type}`]
    this.all.set(name, { lines: () => [...head, ...samples()] })
  }
}

function histogramLines(
  name: string,
  key: string,
  { counts, sum }: { counts: number[]; sum: number },
  bounds: readonly number[],
): string[] {
  const prefix = key ? `${key},` : ''
  let total = 0
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
    total += counts[i]!
    return sample(`${name}_bucket`, `${prefix}le="${bound === Number.POSITIVE_INFINITY ? '+Inf' : bound}"`, total)
  })
  return [...buckets, sample(`${name}_sum`, key, sum), sample(`${name}_count`, key, total)]
}

/** What every process tells of itself, under the names that Prometheus' own clients use. */
export function processMetrics(metrics: Metrics): void {
  metrics.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss())
  metrics.gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  )
}
