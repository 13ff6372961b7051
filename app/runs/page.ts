import { html } from 'hono/html'
import { inWords, plannedTraining, type Quote, type RunProgress } from '../../contracts/index.js'
import type { Signed } from '../account/signed.js'
import { dollars, short, when } from '../html/format.js'
import { alert, type Html, layout, notice } from '../html/layout.js'
import type { ListedRun, Runs } from './temporal.js'

const pathOf = (run: ListedRun): string => `/runs/one?id=${encodeURIComponent(run.workflowId)}&run=${encodeURIComponent(run.runId)}`
const stateOf = (run: ListedRun): string => run.outcome ?? (run.status === 'running' ? (run.stage ?? 'starting') : run.status)

const row = (run: ListedRun, ui: string): Html => html`<tr>
  <th scope="row"><a href="${pathOf(run)}">${run.adapter ?? run.workflowId}<span class="unseen"> of ${when(run.startedAt)}</span></a></th>
  <td data-head="State"><span class="tag ${stateOf(run)}">${stateOf(run)}</span></td>
  <td data-head="Spent">${dollars(run.dollars)}</td>
  <td data-head="Started">${when(run.startedAt)}</td>
  <td data-head="Ended">${run.endedAt ? when(run.endedAt) : 'not yet'}</td>
  <td data-head="Every step"><a href="${ui}">Web UI<span class="unseen">: ${run.adapter ?? run.workflowId} of ${when(run.startedAt)}</span></a></td>
</tr>`

const HEADS = ['Adapter', 'State', 'Spent', 'Started', 'Ended', 'Every step']

/** Current and past runs; `runs` is absent when Temporal does not answer. */
export const runsPage = (signed: Signed, runs: ListedRun[] | undefined, ui: Pick<Runs, 'ui' | 'uiOf'>): Html =>
  layout({
    title: 'Runs',
    section: 'runs',
    signed,
    body: html`<h1>Runs</h1>
      <p class="lead">A run trains an adapter for our small model. It builds its dataset, asks for the money and waits for an answer,
        trains, measures what came out, and writes a page into the <a href="/catalog">catalog</a>. Temporal keeps each of its steps;
        <a href="${ui.ui}">Temporal’s Web UI</a> shows them.</p>
      ${runs ? '' : alert('Temporal does not answer, so the runs cannot be shown. They are kept; start the platform with npm start.')}
      ${runs?.length === 0 ? html`<p>No run yet. <code>npm start</code> begins the first one.</p>` : ''}
      ${
        runs?.length
          ? html`<table class="cards">
              <caption class="unseen">Runs, newest first</caption>
              <thead><tr>${HEADS.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
              <tbody>${runs.map((run) => row(run, ui.uiOf(run.workflowId, run.runId)))}</tbody>
            </table>`
          : ''
      }`,
  })

export interface RunPage {
  signed: Signed
  run: ListedRun
  /** Absent when no worker answers. */
  progress: RunProgress | undefined
  ui: string
  message?: string
  done?: string
}

const quoteTable = (quote: Quote): Html => html`<dl>
    <dt>Expected</dt><dd>${dollars(quote.expectedDollars)} for ${inWords(quote.expectedHours)}</dd>
    <dt>At most</dt><dd><strong>${dollars(quote.maxDollars)}</strong> over up to ${quote.plan.compute.maxAttempts} attempts and ${inWords(quote.plan.compute.maxHours)}</dd>
    <dt>At the cap</dt><dd>${quote.atCap === 'end' ? 'the run ends' : 'training stops, and what was learned until then is used'}</dd>
    <dt>On</dt><dd>${quote.chosen.instanceType} in ${quote.chosen.zone}, spot, ${dollars(quote.chosen.spotDollarsPerHour)} an hour</dd>
    <dt>Trains</dt><dd>${plannedTraining(quote.plan)}</dd>
    <dt>Dataset</dt><dd><code title="${quote.plan.dataset}">${short(quote.plan.dataset)}</code></dd>
    <dt>Quote</dt><dd><code title="${quote.digest}">${short(quote.digest)}</code>, until ${when(quote.expiresAt)}</dd>
  </dl>
  <details>
    <summary>Prices that were compared</summary>
    <table>
      <caption class="unseen">Offers, cheapest training first</caption>
      <thead><tr><th scope="col">Machine</th><th scope="col">Zone</th><th scope="col">Spot price an hour</th></tr></thead>
      <tbody>${quote.offers.map((o) => html`<tr><td>${o.instanceType}</td><td>${o.zone}</td><td>${dollars(o.spotDollarsPerHour)}</td></tr>`)}</tbody>
    </table>
  </details>`

/** Times in a run's own words are ISO times; people get them as everywhere else. */
const readable = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => when(at))

const decideForm = ({ signed, run }: RunPage, quote: Quote): Html =>
  signed.account.approver
    ? html`<form method="post" action="/runs/decide" class="card narrow-form">
        <input type="hidden" name="csrf" value="${signed.csrf}" />
        <input type="hidden" name="workflowId" value="${run.workflowId}" />
        <input type="hidden" name="runId" value="${run.runId}" />
        <input type="hidden" name="quoteDigest" value="${quote.digest}" />
        <input type="hidden" name="planDigest" value="${quote.planDigest}" />
        <p>Nothing is bought yet. If you approve, this run may spend up to the sum below; if you reject, it writes its page and ends.</p>
        <label>
          Dollars at most
          <input name="maxDollars" type="number" min="0" max="${quote.maxDollars}" step="any" value="${quote.maxDollars}" required />
        </label>
        <label>Reason, if you like <input name="reason" maxlength="2000" /></label>
        <div class="row">
          <button class="main" name="approve" value="true">Approve</button>
          <button class="stop" name="approve" value="false">Reject</button>
        </div>
      </form>`
    : html`<p>Your account may not decide on quotes.</p>`

const decision = (page: RunPage, progress: RunProgress): Html | '' => {
  const { quote, decision: decided } = progress
  if (!quote) return ''
  const open = progress.stage === 'awaiting-approval' && !decided && !progress.ending
  return html`<section aria-labelledby="quote">
    <h2 id="quote">Quote</h2>
    ${quoteTable(quote)} ${open ? decideForm(page, quote) : ''}
    ${
      decided
        ? html`<p><strong>${decided.approved ? 'Approved' : 'Rejected'}</strong> by ${decided.approver} through ${decided.channel} (${decided.assurance}), ${when(decided.at)}${decided.reason ? html`: ${decided.reason}` : ''}</p>`
        : ''
    }
    ${progress.refusedDecisions.length ? html`<h3>Refused decisions</h3><ul>${progress.refusedDecisions.map((r) => html`<li>${when(r.at)}: ${r.reason}</li>`)}</ul>` : ''}
  </section>`
}

const attempts = (progress: RunProgress): Html | '' =>
  progress.attempts.length === 0
    ? ''
    : html`<section aria-labelledby="attempts">
        <h2 id="attempts">Attempts</h2>
        <table class="cards">
          <caption class="unseen">Instances launched for this run</caption>
          <thead><tr><th scope="col">Attempt</th><th scope="col">Instance</th><th scope="col">State</th><th scope="col">Spent</th></tr></thead>
          <tbody>
            ${progress.attempts.map(
              (a) => html`<tr>
                <th scope="row">${a.number}</th>
                <td data-head="Instance">${a.instanceType} in ${a.zone}</td>
                <td data-head="State">${a.ending}</td>
                <td data-head="Spent">${dollars(a.dollars)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </section>`

/** One run: where it is, what it costs, and the decision it may wait for. */
export function runPage(page: RunPage): Html {
  const { run, progress, ui } = page
  const training = progress?.training
  return layout({
    title: `Run of ${run.adapter ?? run.workflowId}`,
    section: 'runs',
    signed: page.signed,
    body: html`<h1>${run.adapter ?? run.workflowId} <span class="tag ${stateOf(run)}">${stateOf(run)}</span></h1>
      ${page.message ? alert(page.message) : ''} ${page.done ? notice(page.done) : ''}
      <p><a href="${ui}">This run in Temporal’s Web UI</a></p>
      ${progress || run.status !== 'running' ? '' : alert('No worker answers for this run now. It goes on by itself when one is back.')}
      <dl>
        <dt>Waits for</dt><dd>${progress?.waitingFor ? readable(progress.waitingFor) : 'nothing'}</dd>
        <dt>Spent</dt><dd>${dollars(progress?.dollars ?? run.dollars)}</dd>
        <dt>Started</dt><dd>${when(run.startedAt)}</dd>
        ${run.endedAt ? html`<dt>Ended</dt><dd>${when(run.endedAt)}</dd>` : ''}
        ${training ? html`<dt>Training</dt><dd>step ${training.step} of ${training.steps}, loss ${training.loss?.toFixed(3) ?? '–'}</dd>` : ''}
        ${progress?.candidate ? html`<dt>Candidate</dt><dd><code title="${progress.candidate}">${short(progress.candidate)}</code></dd>` : ''}
        ${progress?.ending ? html`<dt>Page</dt><dd><a href="/catalog">in the catalog</a>, branch <code>catalog/${progress.run}</code></dd>` : ''}
      </dl>
      ${progress ? decision(page, progress) : ''} ${progress ? attempts(progress) : ''}`,
  })
}
