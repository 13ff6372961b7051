import { html } from 'hono/html'
import type { VariantId } from '../../contracts/index.js'
import type { Signed } from '../account/signed.js'
import { when } from '../html/format.js'
import { alert, type Html, layout } from '../html/layout.js'
import { VARIANT_NAMES } from '../variants/names.js'
import type { Extraction } from './store.js'

export interface ExtractPage {
  signed: Signed
  variant: VariantId
  fixtures: { id: string; title: string }[]
  recent: Pick<Extraction, 'id' | 'fileName' | 'state' | 'variant' | 'createdAt'>[]
  maxMiB: number
  /** Why the chosen variant cannot run here now. */
  unwell?: string
  message?: string
}

const recentList = (recent: ExtractPage['recent']): Html | '' =>
  recent.length === 0
    ? ''
    : html`<section aria-labelledby="recent">
        <h2 id="recent">Your last forms</h2>
        <ul class="plain listed">
          ${recent.map(
            (e) => html`<li>
              <a href="/extractions/${e.id}">${e.fileName}</a>
              <span class="hint">${e.variant}, ${when(e.createdAt)}${e.state === 'done' ? '' : html`, <span class="${e.state}">${e.state}</span>`}</span>
            </li>`,
          )}
        </ul>
      </section>`

/** Where a form comes in. */
export const extractPage = ({ signed, variant, fixtures, recent, maxMiB, unwell, message }: ExtractPage): Html =>
  layout({
    title: 'Extract',
    section: 'extract',
    signed,
    script: 'drop.mjs',
    body: html`<h1>Extract a form</h1>
      <p class="lead">A fillable PDF goes in; its questions come out as a list of typed fields, each tied to the place on the
        form where its answer goes. You can correct the list, and download it.</p>
      ${message ? alert(message) : ''}
      <p>Read by <strong>${variant}</strong>, ${VARIANT_NAMES[variant]}. <a href="/settings/variants/extraction">Choose another</a></p>
      ${unwell ? html`<p class="warning">${variant} cannot run here now: ${unwell}</p>` : ''}
      <form method="post" action="/extractions" enctype="multipart/form-data" class="drop" id="upload">
        <input type="hidden" name="csrf" value="${signed.csrf}" />
        <label for="pdf">A fillable PDF form, ${maxMiB} MiB at most</label>
        <p class="hint" id="pdf-hint">Drop it here, or choose a file.</p>
        <div class="row">
          <input id="pdf" name="pdf" type="file" accept="application/pdf,.pdf" required data-max-mib="${maxMiB}" aria-describedby="pdf-hint" />
          <button class="main">Extract</button>
        </div>
        <p class="alert" role="alert" id="upload-message" hidden></p>
      </form>
      ${
        fixtures.length === 0
          ? ''
          : html`<form method="post" action="/extractions" enctype="multipart/form-data" class="card">
              <input type="hidden" name="csrf" value="${signed.csrf}" />
              <label for="fixture">Or try one of our sample forms</label>
              <div class="row">
                <select id="fixture" name="fixture">
                  ${fixtures.map((f) => html`<option value="${f.id}">${f.title}</option>`)}
                </select>
                <button>Extract this one</button>
              </div>
            </form>`
      }
      ${recentList(recent)}`,
  })
