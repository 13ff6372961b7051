import { html } from 'hono/html'
import { AGENCY_KINDS, type Provenance } from '../../contracts/index.js'
import type { Signed } from '../account/session.js'
import { dollars, seconds, short, when } from '../html/format.js'
import { alert, type Html, layout, notice } from '../html/layout.js'
import { fieldGroups, tellsConfidence, unsureFields } from './fields.js'
import type { Extraction } from './store.js'

export interface ResultPage {
  signed: Signed
  extraction: Extraction
  message?: string
  done?: string
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const provenance = (p: Provenance): Html => html`<section aria-labelledby="provenance" class="provenance">
  <h2 id="provenance">Who answered</h2>
  <dl>
    <dt>Variant</dt><dd>${p.variant}</dd>
    <dt>Adapter or model</dt><dd>${p.adapter ? html`<code title="${p.adapter}">${short(p.adapter)}</code>` : 'none: rules only'}</dd>
    ${p.baseModel ? html`<dt>Base model</dt><dd>${p.baseModel}</dd>` : ''}
    <dt>Time</dt><dd>${seconds(p.seconds)} for ${counted(p.windows, 'window')}</dd>
    <dt>Cost</dt><dd>${dollars(p.dollars)}</dd>
    <dt>Tokens</dt><dd>${p.tokens.prompt} in, ${p.tokens.completion} out</dd>
    <dt>Unreadable answers</dt><dd>${p.unparseable}</dd>
    <dt>Prompt</dt><dd>${p.promptVersion}</dd>
    <dt>PDF</dt><dd><code title="${p.pdf}">${short(p.pdf)}</code></dd>
    <dt>At</dt><dd>${when(p.at)}</dd>
  </dl>
</section>`

const again = ({ signed, extraction }: ResultPage): Html => html`<form method="post" action="/extractions/${extraction.id}/again">
  <input type="hidden" name="csrf" value="${signed.csrf}" />
  <button>Extract again with the chosen variant</button>
</form>`

const running = ({ signed, extraction }: ResultPage): Html => html`
  <div class="card" id="running" data-events="/extractions/${extraction.id}/events">
    <p>${extraction.variant} reads ${extraction.description.markers.length} widgets, a window of a few at a time.</p>
    <progress id="progress" aria-label="Windows answered"></progress>
    <p class="hint" id="progress-left" aria-hidden="true">Waiting for the first windows…</p>
    <p class="unseen" role="status" id="progress-text"></p>
    <noscript><p><a href="/extractions/${extraction.id}">Look again</a></p></noscript>
    <form method="post" action="/extractions/${extraction.id}/stop">
      <input type="hidden" name="csrf" value="${signed.csrf}" />
      <button>Stop</button>
    </form>
  </div>`

const downloads = (id: string): Html => html`<section aria-labelledby="downloads">
  <h2 id="downloads">Download</h2>
  <p class="hint">Downloads hold what is saved.</p>
  <ul class="row plain">
    <li><a class="button" href="/extractions/${id}/spec.json" download>Spec</a></li>
    <li><a class="button" href="/extractions/${id}/schema.json" download>JSON Schema</a></li>
    <li><a class="button" href="/extractions/${id}/mapping.json" download>Mapping for filling</a></li>
  </ul>
</section>`

const candidate = ({ signed, extraction }: ResultPage): Html => html`<section aria-labelledby="teach">
  <h2 id="teach">Teach the model</h2>
  ${
    extraction.candidate
      ? html`<p>Kept as candidate pair <code>${extraction.candidate}</code>. It is used for training only after a review.</p>`
      : html`<form method="post" action="/extractions/${extraction.id}/candidate" class="row">
          <input type="hidden" name="csrf" value="${signed.csrf}" />
          <label>
            Kind of form
            <select name="kind">${AGENCY_KINDS.map((kind) => html`<option>${kind}</option>`)}</select>
          </label>
          <button>Save as candidate pair</button>
        </form>`
  }
</section>`

const finished = (page: ResultPage): Html => {
  const { extraction, signed } = page
  const { spec, result } = extraction
  const count = spec!.groups.reduce((n, g) => n + g.requirements.length, 0)
  const unsure = unsureFields(result!).size
  return html`<p>${counted(count, 'field')} in ${counted(spec!.groups.length, 'group')}${unsure ? html`, <strong>${unsure} unsure</strong>: they are marked` : ''}.
      ${tellsConfidence(result!) ? '' : html`${result!.provenance.variant} does not say how sure it is: check every field.`}</p>
    <form method="post" action="/extractions/${extraction.id}/spec" id="spec">
      <input type="hidden" name="csrf" value="${signed.csrf}" />
      <label>Title of the form <input name="title" value="${spec!.title}" required maxlength="300" /></label>
      ${fieldGroups(extraction, result!)}
      <div class="save"><button class="main">Save corrections</button> <span id="unsaved" role="status"></span></div>
    </form>
    ${downloads(extraction.id)} ${candidate(page)} ${provenance(result!.provenance)} ${again(page)}`
}

/** A form beside what was read of it. */
export function resultPage(page: ResultPage): Html {
  const { extraction, signed, message, done } = page
  const { id, state, description } = extraction
  return layout({
    title: extraction.fileName,
    section: 'extract',
    signed,
    script: 'form.mjs',
    wide: true,
    body: html`<h1>${extraction.spec?.title ?? (description.title || extraction.fileName)}</h1>
      ${message ? alert(message) : ''} ${done ? notice(done) : ''}
      <div class="beside">
        <section class="paper" aria-label="The form" tabindex="0" id="paper" data-pdf="/extractions/${id}/form.pdf" data-markers="/extractions/${id}/markers.json">
          <p class="hint" id="paper-message" role="status">Drawing the form…</p>
          <noscript><a href="/extractions/${id}/form.pdf">The form as PDF</a></noscript>
        </section>
        <div class="answers">
          ${state === 'running' ? running(page) : ''} ${state === 'failed' ? html`${alert(extraction.message ?? 'This extraction failed.')} ${again(page)}` : ''}
          ${state === 'done' ? finished(page) : ''}
        </div>
      </div>`,
  })
}
