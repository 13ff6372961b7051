import { stringify } from 'yaml'
import type { CatalogEntry, Ending } from '../../contracts/index.js'
import { CHARTS } from './charts.js'
import { finding } from './finding.js'
import { code, plain, section } from './markdown.js'
import { costs, differences, gates, results } from './page-evaluation.js'
import { byForm, limits } from './page-limits.js'
import { approval, attempts, digests, training } from './page-training.js'

export const TITLES: Record<Ending, string> = {
  promoted: 'Promoted',
  'not-promoted': 'Not promoted',
  'scope-deferred': 'Scope deferred',
  'budget-exhausted': 'Budget exhausted',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** A run that measured something is current; one that ended before is deferred. */
export const statusOf = (entry: Pick<CatalogEntry, 'evaluation'>): 'current' | 'scope-deferred' =>
  entry.evaluation ? 'current' : 'scope-deferred'

function frontMatter(entry: CatalogEntry): string {
  const head = {
    kind: 'experiment',
    implementation: 'extraction/lora-v1',
    adapter: entry.adapter,
    status: statusOf(entry),
    ending: entry.ending,
    run: entry.run,
    topics: ['pdf-field-extraction', 'lora', 'small-language-model', 'spot-training'],
  }
  return `---\n${stringify(head)}---`
}

function lead(entry: CatalogEntry): string {
  const live = entry.live
    ? entry.live === entry.candidate
      ? `${code(entry.adapter)} points to this adapter.`
      : `Live stays ${code(entry.live.slice(0, 12))}.`
    : 'Nothing is live under this name.'
  return `**${TITLES[entry.ending]}.** ${plain(entry.reason)}. ${live}\n\n${finding(entry)}`
}

/** The page of a run; every number on it comes from the entry. `charts`: names of those that were drawn. */
export function renderPage(entry: CatalogEntry, charts: ReadonlySet<keyof typeof CHARTS>): string {
  const chart = (name: keyof typeof CHARTS): string | null => (charts.has(name) ? `![${CHARTS[name]}](${entry.adapter}-${name}.svg)` : null)
  const parts = [
    frontMatter(entry),
    `# ${entry.adapter}: extraction by a fine-tuned small model`,
    lead(entry),
    results(entry),
    differences(entry, chart('differences')),
    byForm(entry),
    limits(entry),
    costs(entry, chart('cost')),
    gates(entry),
    approval(entry),
    training(entry, chart('loss')),
    attempts(entry),
    digests(entry),
    section(
      'Check this page',
      `Every number here is rendered from [${entry.adapter}.json](${entry.adapter}.json). ${code(`npm run audit -- catalog/experiments/pdf-field-extraction/${entry.adapter}.md`)} checks the page against it, it against the stored cases, the digests against the object store and git, and approval and spend against the workflow's history, which is replayed.`,
    ),
  ]
  return `${parts.filter((part) => part !== null).join('\n\n')}\n`
}
