import type { CatalogEntry } from '../../contracts/index.js'
import { code, plain, section, table } from './markdown.js'
import { dollars, seconds, span, whole } from './numbers.js'

/** Who decided what on which quote, and what was spent of it. */
export function approval({
  quote,
  decision,
  dollars: spent,
  endedAt,
}: Pick<CatalogEntry, 'quote' | 'decision' | 'dollars' | 'endedAt'>): string {
  if (!quote) return section('Approval and spend', 'No quote was made; nothing was asked and nothing was spent.')
  const asked = `Quote ${code(quote.digest.slice(0, 12))}: ${dollars(quote.expectedDollars)} expected, ${dollars(quote.maxDollars)} at most, ${quote.chosen.instanceType} in ${quote.chosen.zone} at ${dollars(quote.chosen.spotDollarsPerHour)} an hour, quoted ${quote.quotedAt}, open until ${quote.expiresAt}.`
  if (!decision) return section('Approval and spend', asked, `Nobody decided. ${dollars(spent)} was spent until ${endedAt}.`)
  const rows = [
    ['Decision', decision.approved ? 'approved' : 'rejected'],
    ['By', plain(decision.approver)],
    ['Channel', `${decision.channel}, ${decision.assurance}`],
    ['At', decision.at],
    ['At most', dollars(decision.maxDollars)],
    ['Spent', dollars(spent)],
    ...(decision.reason ? [['Reason', plain(decision.reason)]] : []),
  ]
  return section('Approval and spend', asked, table(['', ''], rows))
}

/** Base, data, hyperparameters and the loss curve. */
export function training(entry: CatalogEntry, chart: string | null): string | null {
  const { base, dataset, hyperparameters: h, training: t } = entry
  if (!base && !dataset) return null
  const rows = [
    ...(base ? [['Base model', plain(base.name)]] : []),
    ...(dataset
      ? [['Training data', `${whole(dataset.pairs)} pairs of ${whole(dataset.families)} form families, ${whole(dataset.windows)} windows`]]
      : []),
    ...(h
      ? [
          ['Rank and alpha', `${h.rank} and ${h.alpha}, on the upper ${h.layers} layers: ${h.targetModules.join(', ')}`],
          ['Learning rate', `${h.learningRate}, warm-up ${h.warmupShare}, weight decay ${h.weightDecay}, dropout ${h.dropout}`],
          [
            'Amount',
            `${h.epochs} epochs${h.maxSteps ? `, at most ${h.maxSteps} steps` : ''}, ${whole(h.tokensPerStep)} tokens a step, sequences to ${whole(h.maxSequenceTokens)}`,
          ],
          ['Precision and seed', `${h.precision}, ${h.seed}`],
        ]
      : []),
    ...(entry.quote?.plan.initFrom ? [['Continued from', code(entry.quote.plan.initFrom)]] : []),
    ...(t
      ? [
          ['Trained', `${whole(t.steps)} steps, ${whole(t.tokens)} tokens in ${seconds(t.seconds)}, last loss ${t.loss.toFixed(4)}`],
          ['Machine', plain(t.machine)],
        ]
      : []),
    ['Preset', entry.preset],
    ['Deployment', 'inference service of this project, adapter loaded by digest, aliases moved atomically'],
  ]
  return section('Training', table(['', ''], rows), chart)
}

/** Every instance that was launched, with how it ended. */
export function attempts({ attempts: all }: CatalogEntry): string | null {
  if (all.length === 0) return section('Attempts', 'No instance was launched.')
  const rows = all.map((a) => [
    String(a.number),
    a.instanceId ? code(a.instanceId) : 'none',
    `${a.instanceType}, ${a.zone}`,
    dollars(a.dollarsPerHour),
    a.endedAt ? span(a.startedAt, a.endedAt) : 'open',
    a.ending,
    dollars(a.dollars),
  ])
  const interrupted = all.filter((a) => a.ending === 'interrupted' || a.ending === 'lost').length
  return section(
    'Attempts',
    `${all.length} in all, ${interrupted} interrupted or lost.`,
    table(['', 'Instance', 'Where', 'An hour', 'Ran', 'Ended', 'Dollars'], rows),
  )
}

/** What to compare with the object store, git and Temporal. */
export function digests(entry: CatalogEntry): string {
  const rows = [
    ['Dataset', entry.dataset?.digest],
    ['Base', entry.base?.digest],
    ['Adapter', entry.candidate],
    ['Live after the run', entry.live],
    ['Quote', entry.quote?.digest],
    ['Evaluation', entry.evaluation?.digest],
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
