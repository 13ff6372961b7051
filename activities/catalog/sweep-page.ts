import { stringify } from 'yaml'
import { type ContenderRecord, type Hyperparameters, METRICS, type SweepEntry } from '../../contracts/index.js'
import type { SWEEP_CHARTS, SweepChartName } from './charts.js'
import { code, plain, section, table } from './markdown.js'
import { dollars, NOT_MEASURED, points, seconds, share, span, whole } from './numbers.js'
import { gates } from './page-evaluation.js'
import { TITLES } from './page.js'
import { byForm, limits } from './page-limits.js'
import { approval } from './page-training.js'
import { measuredOf, winnerOf } from './sweep-entry.js'

/** A sweep that measured something is current; one that ended before is deferred. */
export const sweepStatusOf = ({ configurations }: Pick<SweepEntry, 'configurations'>): 'current' | 'scope-deferred' =>
  configurations.some((one) => one.evaluation) ? 'current' : 'scope-deferred'

/** The sweep in one line. */
export function sweepFinding(entry: SweepEntry): string {
  const { configurations, dollars: spent } = entry
  const stopped = configurations.filter((one) => one.ending === 'stopped-early').length
  const all = `${configurations.length} configurations, ${stopped} stopped early; ${dollars(spent)} spent on training`
  const winner = winnerOf(entry)
  if (!winner) return `Nothing was measured: ${all}.`
  const measured = measuredOf(winner)!
  return `${winner.name} is best: recall ${share(measured.metrics.recall)} on ${measured.forms} forms; ${all}.`
}

const valueIn = (one: ContenderRecord, key: keyof Hyperparameters): string => {
  const value = one.hyperparameters[key]
  return value === undefined ? NOT_MEASURED : Array.isArray(value) ? value.join(', ') : String(value)
}

/** Hyperparameters that are not the same for all, and those that are. */
function parted(all: ContenderRecord[]): { differ: (keyof Hyperparameters)[]; same: (keyof Hyperparameters)[] } {
  const keys = [...new Set(all.flatMap((one) => Object.keys(one.hyperparameters)))] as (keyof Hyperparameters)[]
  const differ = keys.filter((key) => new Set(all.map((one) => valueIn(one, key))).size > 1)
  return { differ, same: keys.filter((key) => !differ.includes(key)) }
}

function compared(entry: SweepEntry): string | null {
  const { configurations: all, winner } = entry
  if (all.length === 0) return null
  const { differ } = parted(all)
  const rows = all.map((one) => [
    `${code(one.name)}${one.name === winner ? ' (**best**)' : ''}`,
    ...differ.map((key) => plain(valueIn(one, key))),
    one.ending,
    one.training ? `${whole(one.training.steps)}, ${one.training.loss.toFixed(3)}` : NOT_MEASURED,
    dollars(one.maxDollars),
    dollars(one.dollars),
  ])
  const reasons = all.filter((one) => one.ending !== 'evaluated').map((one) => `- ${code(one.name)}: ${plain(one.reason)}`)
  const { afterShare, margin } = entry.input.earlyStop
  return section(
    'Configurations',
    `All on the same dataset, ${entry.input.atOnce} at a time. From ${Math.round(afterShare * 100)} % of its steps on, a training is stopped when its loss is more than ${+(margin * 100).toFixed(1)} % above another's at the same point; both are means over the last fifth of the way. Losses are those of the training data: they choose what is not trained on, never what is promoted.`,
    table(['Configuration', ...differ, 'Ended', 'Steps, last loss', 'Dollars at most', 'Dollars spent'], rows),
    reasons.join('\n'),
  )
}

function results(entry: SweepEntry): string | null {
  const winner = winnerOf(entry)
  if (!winner?.evaluation) return null
  const measured = entry.configurations.flatMap((one) => {
    const summary = measuredOf(one)
    return summary ? [{ name: `${code(one.name)}${one === winner ? ' (**best**)' : ''}`, summary }] : []
  })
  const others = winner.evaluation.summaries
    .filter((s) => s.source === 'measured' && s !== measuredOf(winner))
    .map((summary) => ({ name: `${code(summary.variant)} (${summary.role})`, summary }))
  const rows = [...measured, ...others].map(({ name, summary: s }) => [
    name,
    ...METRICS.map((metric) => share(s.metrics[metric])),
    s.allCorrect === undefined ? NOT_MEASURED : `${s.allCorrect} of ${s.forms}`,
    String(s.unparseable),
    seconds(s.secondsPerForm),
    dollars(s.dollarsPerForm),
  ])
  return section(
    'Results',
    `Each deployed candidate over HTTP, by digest, on the same ${winner.evaluation.fixtures.length} forms, with 95 % bootstrap intervals; [_suite.md](_suite.md) says how. The best was chosen on these forms by its recall, so its own figures are a little too good; a run of its own on other forms would tell by how much.`,
    table(['Variant', ...METRICS, 'All correct', 'Unparseable', 'Seconds', 'Dollars a form'], rows),
  )
}

function differences(entry: SweepEntry, chart: string | null): string | null {
  const against = [...new Set(entry.differences.map((d) => d.against))]
  if (against.length === 0) return null
  const rows = against.map((name) => [
    code(name),
    ...METRICS.map((metric) => points(entry.differences.find((d) => d.against === name && d.metric === metric)!)),
  ])
  return section(
    'Differences',
    `${code(entry.winner!)} minus the other, in percentage points, paired over the same forms, with 95 % intervals. Where an interval holds zero, the choice between the two is not one that these forms can make.`,
    table(['Against', ...METRICS], rows),
    chart,
  )
}

function training({ base, dataset, preset, configurations }: SweepEntry, chart: string | null): string | null {
  if (!base && !dataset) return null
  const { same } = parted(configurations)
  const rows = [
    ...(base ? [['Base model', plain(base.name)]] : []),
    ...(dataset
      ? [['Training data', `${whole(dataset.pairs)} pairs of ${whole(dataset.families)} form families, ${whole(dataset.windows)} windows`]]
      : []),
    ['Preset', preset],
    ...(configurations[0]?.initFrom
      ? [['Continued from', [...new Set(configurations.map((one) => code(one.initFrom ?? 'the base')))].join(', ')]]
      : []),
    ...(configurations[0] ? same.map((key) => [key, plain(valueIn(configurations[0]!, key))]) : []),
  ]
  return section('Training', 'What all configurations have in common:', table(['', ''], rows), chart)
}

function attempts({ configurations }: SweepEntry): string {
  const rows = configurations.flatMap((one) =>
    one.attempts.map((a) => [
      code(one.name),
      String(a.number),
      a.instanceId ? code(a.instanceId) : 'none',
      `${a.instanceType}, ${a.zone}`,
      dollars(a.dollarsPerHour),
      a.endedAt ? span(a.startedAt, a.endedAt) : 'open',
      a.ending === 'cancelled' && one.ending === 'stopped-early' ? 'stopped early' : a.ending,
      dollars(a.dollars),
    ]),
  )
  if (rows.length === 0) return section('Attempts', 'No instance was launched.')
  return section('Attempts', table(['Configuration', '', 'Instance', 'Where', 'An hour', 'Ran', 'Ended', 'Dollars'], rows))
}

function digests(entry: SweepEntry): string {
  const rows = [
    ['Dataset', entry.dataset?.digest],
    ['Base', entry.base?.digest],
    ...entry.configurations.map((one) => [`Adapter of ${one.name}`, one.candidate]),
    ['Live after the sweep', entry.live],
    ['Quote', entry.quote?.digest],
    ['Code commit', entry.codeCommit],
    ['Workflow', entry.workflowId],
    ['Workflow run', entry.runId],
    ['Started', entry.startedAt],
    ['Ended', entry.endedAt],
  ].filter((row): row is [string, string] => typeof row[1] === 'string')
  return section(
    'Digests',
    table(
      ['', ''],
      rows.map(([name, value]) => [name, code(value)]),
    ),
  )
}

function frontMatter(entry: SweepEntry): string {
  const head = {
    kind: 'sweep',
    implementation: 'extraction/lora-v1',
    adapter: entry.adapter,
    status: sweepStatusOf(entry),
    ending: entry.ending,
    run: entry.run,
    topics: ['pdf-field-extraction', 'lora', 'hyperparameters', 'spot-training'],
  }
  return `---\n${stringify(head)}---`
}

/** The comparison page of a sweep; every number on it comes from the entry. `charts`: those that were drawn. */
export function renderSweepPage(entry: SweepEntry, charts: ReadonlyMap<SweepChartName, string>, titles: typeof SWEEP_CHARTS): string {
  const name = `${entry.adapter}-sweep`
  const chart = (one: SweepChartName): string | null => (charts.has(one) ? `![${titles[one]}](${name}-${one}.svg)` : null)
  const live = entry.ending === 'promoted' ? `${code(entry.adapter)} points to its adapter.` : 'What was live stays live.'
  const winner = winnerOf(entry)
  const parts = [
    frontMatter(entry),
    `# ${entry.adapter}: configurations compared`,
    `**${TITLES[entry.ending]}.** ${plain(entry.reason)}. ${live}\n\n${sweepFinding(entry)}`,
    compared(entry),
    results(entry),
    differences(entry, chart('differences')),
    ...(winner ? [byForm(winner), limits(winner)] : []),
    gates({ spendGates: entry.spendGates, evaluation: winner?.evaluation ?? null, candidate: winner?.candidate ?? null }),
    approval(entry),
    training(entry, chart('loss')),
    attempts(entry),
    digests(entry),
    section(
      'Check this page',
      `Every number here is rendered from [${name}.json](${name}.json). ${code(`npm run audit -- catalog/experiments/pdf-field-extraction/${name}.md`)} checks the page against it, it against the stored cases, the digests against the object store and git, and approval and spend against the workflow's history, which is replayed.`,
    ),
  ]
  return `${parts.filter((part) => part !== null).join('\n\n')}\n`
}
