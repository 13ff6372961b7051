import { plannedTraining, type Quote, type RunProgress } from '../contracts/index.js'
import type { TrainingReport } from './messages.js'

const dollars = (value: number): string => `$${value < 0.1 ? value.toFixed(4) : value.toFixed(2)}`

/** The payload that answers a quote, ready to be pasted. */
export const payloadFor = (quote: Quote): string =>
  JSON.stringify({ quoteDigest: quote.digest, planDigest: quote.planDigest, approver: 'your-name' })

/** The quote as markdown: what is bought, at which price, what happens at the cap, until when. */
export function quoteMarkdown(quote: Quote): string {
  const { plan, chosen } = quote
  const offers = quote.offers.map(
    (o) => `| ${o.instanceType} | ${o.zone} | ${dollars(o.spotDollarsPerHour)} | ${Math.round(o.tokensPerSecond)} |`,
  )
  return [
    `**${dollars(quote.expectedDollars)} expected, ${dollars(quote.maxDollars)} at most** for ${quote.expectedHours.toFixed(2)} h on ${chosen.instanceType} in ${chosen.zone}, up to ${plan.compute.maxAttempts} attempts and ${plan.compute.maxHours} h.`,
    `At the cap: ${quote.atCap === 'end' ? 'the run ends' : 'the last checkpoint is used'}. Expires ${quote.expiresAt}.`,
    '',
    '| instance | zone | $/h | tokens/s |',
    '|---|---|---|---|',
    ...offers,
    '',
    `Plan \`${quote.planDigest.slice(0, 12)}\`: ${plannedTraining(plan)}, dataset \`${plan.dataset.slice(0, 12)}\`.`,
  ].join('\n')
}

function approvalMarkdown(state: RunProgress, assurance: 'claimed' | 'verified', workflowId: string): string[] {
  if (!state.quote || state.stage !== 'awaiting-approval') return []
  const payload = payloadFor(state.quote)
  const how =
    assurance === 'verified'
      ? ['This run takes verified decisions only: use Slack or the signed-in app. A pasted signal is refused.']
      : [
          'Send signal `approveSpend` (or `rejectSpend`) with exactly this payload, your name filled in:',
          '',
          '```json',
          payload,
          '```',
          `or \`npm run approve -- --run ${workflowId}\`, or`,
          '',
          '```sh',
          `temporal workflow signal --workflow-id ${workflowId} --name approveSpend --input '${payload}'`,
          '```',
        ]
  return ['', '## Quote', quoteMarkdown(state.quote), '', '## Decide', ...how]
}

/** Current details of a run: what it waits for and what to do. */
export function runDetails(state: RunProgress, assurance: 'claimed' | 'verified', workflowId: string): string {
  const head = state.ending ? `# ${state.adapter}: ${state.ending}` : `# ${state.adapter}: ${state.stage}`
  const refused = state.refusedDecisions.slice(-5).map((r) => `- ${r.at}: ${r.reason}`)
  return [
    head,
    state.waitingFor ? `**Waits for:** ${state.waitingFor}` : '**Waits for:** nothing',
    `**Spent:** ${dollars(state.dollars)}${state.decision?.approved ? ` of ${dollars(state.decision.maxDollars)} approved by ${state.decision.approver} (${state.decision.channel}, ${state.decision.assurance})` : ''}`,
    ...approvalMarkdown(state, assurance, workflowId),
    ...(refused.length ? ['', '## Refused decisions', ...refused] : []),
    ...(state.configurations?.length ? ['', '## Configurations', ...configurationTable(state.configurations)] : []),
    ...(state.attempts.length ? ['', '## Attempts', ...attemptTable(state.attempts)] : []),
  ].join('\n')
}

function configurationTable(configurations: NonNullable<RunProgress['configurations']>): string[] {
  const rows = configurations.map(
    (c) => `| ${c.name} | ${c.state} | ${c.step} of ${c.steps} | ${c.loss?.toFixed(3) ?? '–'} | ${dollars(c.dollars)} |`,
  )
  return ['| configuration | state | step | loss | spent |', '|---|---|---|---|---|', ...rows]
}

function attemptTable(attempts: RunProgress['attempts']): string[] {
  const rows = attempts.map(
    (a) => `| ${a.number} | ${a.instanceId ?? '–'} | ${a.instanceType} | ${a.zone} | ${a.ending} | ${dollars(a.dollars)} |`,
  )
  return ['| attempt | instance | type | zone | state | spent |', '|---|---|---|---|---|---|', ...rows]
}

/** Current details of a training. */
export function attemptDetails(input: { run: string; maxDollars: number; workflowId: string }, report: TrainingReport): string {
  const { training } = report
  const where = training
    ? `step ${training.step} of ${training.steps}, loss ${training.loss?.toFixed(3) ?? '–'}, about ${Math.round(training.secondsLeft ?? 0)} s left`
    : 'no heartbeat yet'
  return [
    `# Training of ${input.run}`,
    `**Now:** ${where}`,
    `**Spent:** ${dollars(report.dollars)} of ${dollars(input.maxDollars)}`,
    `**What to do:** nothing; to stop it, cancel the run \`${input.workflowId}\`. Its instances are terminated then.`,
    '',
    ...attemptTable(report.attempts),
  ].join('\n')
}
