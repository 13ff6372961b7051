import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from '../../infra/local/layout.js'

const read = (name: string): string => readFileSync(join(ROOT, 'infra/observability', name), 'utf8')
const Rules = z.object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })) })
const Dashboard = z.object({
  annotations: z.object({ list: z.array(z.object({ expr: z.string() })) }),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional() })),
})

/** The jobs of our parts, as docs/observability.md calls them for Prometheus. */
export const JOBS = ['formwright-worker', 'formwright-inference', 'formwright-app', 'formwright-gateway']

/** Every expression of the alarms and the dashboard. */
export function expressions(): string[] {
  const { panels, annotations } = Dashboard.parse(JSON.parse(read('dashboard.json')))
  const alarms = Rules.parse(parse(read('alarms.yaml'))).groups.flatMap(({ rules }) => rules)
  return [...alarms, ...annotations.list, ...panels.flatMap(({ targets = [] }) => targets)].map(({ expr }) => expr)
}

/** Metrics of an expression with the jobs they are asked of. Throws on one that is asked of every job. */
export function selectors(expr: string): { job: string; name: string }[] {
  const bare = expr.match(/\b(up|(?:formwright|temporal|process)_\w+)\b(?!\{)/g)
  if (bare) throw new Error(`Expected each metric with its job, got ${bare.join(', ')} in ${expr}`)
  return [...expr.matchAll(/\b([a-z_:]\w*)\{([^}]*)\}/g)].flatMap(([, name, matchers]) => {
    const [, by, job] = /\bjob(=~?)"([^"]+)"/.exec(matchers!) ?? []
    const jobs = JOBS.filter((one) => (by === '=~' ? new RegExp(`^(?:${job})$`).test(one) : one === job))
    if (jobs.length === 0) throw new Error(`${name}: no part of ours is job ${job} in ${expr}`)
    return jobs.map((one) => ({ job: one, name: name! }))
  })
}

/** What alarms and dashboard ask of each part; `up` is Prometheus' own. */
export const namesAskedFor = (): { job: string; name: string }[] =>
  expressions()
    .flatMap(selectors)
    .filter(({ name }) => name !== 'up')

/** Names of the samples on a page of metrics. */
export const exportedNames = (page: string): Set<string> =>
  new Set(
    page
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => /^[\w:]+/.exec(line)![0]),
  )
