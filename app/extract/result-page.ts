import { html } from 'hono/html'
import { AGENCY_KINDS, type Provenance } from '../../contracts/index.js'
import type { Signed } from '../account/signed.js'
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
    <p>${extraction.variant} reads the ${counted(extraction.description.markers.length, 'place')} of this form where something can be
      filled in. It sees a few of them at a time with the print around them: a window.</p>
    <progress id="progress" aria-label="Windows answered"></progress>
    <p class="hint" id="progress-left" aria-hidden="true">Waiting for the first windows…</p>
    <p class="unseen" role="status" id="progress-text"></p>
    <noscript><p><a href="/extractions/${extraction.id}">Look again</a></p></noscript>
    <form method="post" action="/extractions/${extraction.id}/stop">
      <input type="hidden" name="csrf" value="${signed.csrf}" />
      <button>Stop</button>
    </form>
  </div>`

const DOWNLOADS = [
  { file: 'spec', name: 'Spec', what: 'groups and fields as above, a DataCollectionSpec' },
  { file: 'schema', name: 'JSON Schema', what: 'checks the answers that somebody gives to the form' },
  { file: 'mapping', name: 'Mapping for filling', what: 'which widget of the PDF takes which answer, and who read it' },
] as const

const downloads = (id: string): Html => html`<section aria-labelledby="downloads">
  <h2 id="downloads">Download</h2>
  <p class="hint">As JSON, with the corrections that are saved.</p>
  <ul class="plain downloads">
    ${DOWNLOADS.map(
      ({ file, name, what }) => html`<li>
        <a class="button" href="/extractions/${id}/${file}.json" download aria-describedby="about-${file}">${name}</a>
        <span class="hint" id="about-${file}">${what}</span>
      </li>`,
    )}
  </ul>
</section>`

const candidate = ({ signed, extraction }: ResultPage): Html => html`<section aria-labelledby="teach">
  <h2 id="teach">Teach the model</h2>
  ${
    extraction.candidate
      ? html`<p>Kept as candidate pair <code>${extraction.candidate}</code>. It is used for training only after a review.</p>`
      : html`<p class="hint">Is every field right now? Then the model can learn from this form. It is kept as a candidate, and
            nothing is trained on it before somebody reviews it.</p>
          <form method="post" action="/extractions/${extraction.id}/candidate" class="row">
          <input type="hidden" name="csrf" value="${signed.csrf}" />
          <label>
            Kind of form
            <select name="kind" required>
              <option value="">Choose…</option>
              ${AGENCY_KINDS.map((kind) => html`<option>${kind}</option>`)}
            </select>
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
  const { variant, seconds: took, dollars: cost } = result!.provenance
  return html`<p>${counted(count, 'field')} in ${counted(spec!.groups.length, 'group')}${unsure ? html`, <strong>${unsure} unsure</strong>: they are marked` : ''}.
      ${tellsConfidence(result!) ? '' : html`${variant} does not say how sure it is: check every field.`}</p>
    <p class="hint">Read by ${variant} in ${seconds(took)} for ${dollars(cost)}. <a href="#downloads">Download</a> ·
      <a href="#provenance">Who answered</a></p>
    <form method="post" action="/extractions/${extraction.id}/spec" id="spec" data-account="${signed.account.id}">
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
    fill: true,
    body: html`<h1>${extraction.spec?.title ?? (description.title || extraction.fileName)}</h1>
      ${message ? alert(message) : ''} ${done ? notice(done) : ''}
      <div class="beside">
        <section class="paper" aria-label="The form" tabindex="0" id="paper" data-pdf="/extractions/${id}/form.pdf" data-markers="/extractions/${id}/markers.json">
          <p class="hint" id="paper-message" role="status">Drawing the form…</p>
          <noscript><a href="/extractions/${id}/form.pdf">The form as PDF</a></noscript>
        </section>
        <div class="answers" id="answers">
          ${state === 'running' ? running(page) : ''} ${state === 'failed' ? html`${alert(extraction.message ?? 'This extraction failed.')} ${again(page)}` : ''}
          ${state === 'done' ? finished(page) : ''}
        </div>
      </div>`,
  })
}
