import { defaultPayloadConverter } from '@temporalio/common'
import type { temporal } from '@temporalio/proto'
import { proofOf } from '../../contracts/proof.js'
import { type Decision, DecisionInput, RunRecord, SweepRecord } from '../../contracts/index.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { Subject, Training } from './subject.js'

export type History = temporal.api.history.v1.IHistory
type Event = temporal.api.history.v1.IHistoryEvent
type Payloads = temporal.api.common.v1.IPayloads | null | undefined

const values = (payloads: Payloads): unknown[] => (payloads?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload(payload))

/** Input and result of every activity of a type, in order; a failed one has no result. */
function activities(events: Event[], type: string): { input: unknown; result: unknown }[] {
  return events.flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes
    if (scheduled?.activityType?.name !== type) return []
    const done = events.find((other) => String(other.activityTaskCompletedEventAttributes?.scheduledEventId) === String(event.eventId))
    return [{ input: values(scheduled.input)[0], result: values(done?.activityTaskCompletedEventAttributes?.result)[0] }]
  })
}

/** Decisions as they were sent: by update, or by one of the two signals. */
function decisions(events: Event[]): unknown[] {
  return events.flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes
    if (signal?.signalName === 'approveSpend' || signal?.signalName === 'rejectSpend') {
      const sent = values(signal.input)[0]
      return [typeof sent === 'object' && sent !== null ? { ...sent, approve: signal.signalName === 'approveSpend' } : sent]
    }
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest
    return update?.input?.name === 'decideSpend' ? [values(update.input.args)[0]] : []
  })
}

function checkDecision(events: Event[], { decision, quote }: Subject['entry'], key: string | undefined): Finding[] {
  if (!decision) {
    return [holds('history', 'no decision is claimed')]
  }
  const sent = decisions(events).flatMap((raw) => {
    const parsed = DecisionInput.safeParse(raw)
    return parsed.success ? [parsed.data] : []
  })
  const matching = sent.find((one) => matches(one, decision, quote!.maxDollars))
  const who = `${decision.approved ? 'approval' : 'rejection'} of $${decision.maxDollars} at most by ${decision.approver} over ${decision.channel}`
  if (!matching) return [fails('history', `the ${who} was never sent to the workflow`)]
  const findings = [holds('history', `the ${who} was sent to the workflow`)]
  if (decision.assurance !== 'verified') return findings
  if (!key)
    return [...findings, fails('history', 'the decision is said to be verified; FORMWRIGHT_DECISION_KEY is needed to check its proof')]
  const { quoteDigest, maxDollars, approver, channel, proof } = matching
  const proven = proof === proofOf({ quoteDigest, approve: decision.approved, maxDollars, approver, channel }, key)
  return [...findings, proven ? holds('history', 'its proof holds') : fails('history', 'its proof does not hold')]
}

const matches = (sent: ReturnType<typeof DecisionInput.parse>, decision: Decision, quoted: number): boolean =>
  sent.approve === decision.approved &&
  sent.quoteDigest === decision.quoteDigest &&
  sent.approver === decision.approver &&
  sent.channel === decision.channel &&
  (sent.maxDollars ?? quoted) === decision.maxDollars

/** What the child of a training reported at its end, or last, when it was stopped before. Reports of older versions do not say whose they are: there was one training. */
function reported(events: Event[], run: string): { dollars: number; attempts: unknown } | null {
  const id = `train-on-spot/${run}`
  const done = events.find((event) => event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId === id)
  const result = values(done?.childWorkflowExecutionCompletedEventAttributes?.result)[0]
  if (result) return result as { dollars: number; attempts: unknown }
  const reports = events.flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes
    return signal?.signalName === 'trainingReport' ? [values(signal.input)[0] as { run?: string; dollars: number; attempts: unknown }] : []
  })
  return reports.findLast((report) => (report.run ?? run) === run) ?? null
}

function checkTraining(events: Event[], { run, dollars, attempts }: Training): Finding[] {
  const known = reported(events, run)
  if (!known) return [fails('history', `the training ${run} never reported to the workflow`)]
  return [
    compare('history', `$${dollars} is what the training ${run} reported`, known.dollars, dollars),
    compare('history', `the attempts are those of the training ${run}`, known.attempts, attempts),
  ]
}

/** The record that was committed, the quote, the decision and the spend are those of the workflow's history. */
export function checkHistory(history: History, subject: Subject, key?: string): Finding[] {
  const { entry, commitActivity, trainings } = subject
  const events = history.events ?? []
  const findings: Finding[] = []
  const started = events[0]?.workflowExecutionStartedEventAttributes
  findings.push(compare('history', 'the history is that of the run', entry.runId, started?.firstExecutionRunId))
  const committed = activities(events, commitActivity).at(-1)
  const record = (commitActivity === 'commitSweep' ? SweepRecord : RunRecord).safeParse(committed?.input)
  findings.push(
    record.success
      ? compare('history', 'the page holds the record that the workflow committed', record.data, subject.record)
      : fails('history', 'the workflow committed no record'),
  )
  const quote = activities(events, 'quoteSpend').at(-1)?.result
  findings.push(compare('history', 'the quote is the one that the workflow got', quote ?? null, entry.quote))
  findings.push(...checkDecision(events, entry, key))
  findings.push(...trainings.flatMap((training) => checkTraining(events, training)))
  const spent = trainings.reduce((sum, training) => sum + training.dollars, 0)
  findings.push(
    Math.abs(spent - entry.dollars) < 1e-9
      ? holds('history', `$${entry.dollars} is the sum of the trainings`)
      : fails('history', `$${entry.dollars} is said to be spent, the trainings add up to $${spent}`),
  )
  const allowed = entry.decision?.approved ? entry.decision.maxDollars : 0
  findings.push(
    entry.dollars <= allowed
      ? holds('history', `$${entry.dollars} spent, $${allowed} allowed`)
      : fails('history', `$${entry.dollars} spent, but only $${allowed} was allowed`),
  )
  return findings
}
