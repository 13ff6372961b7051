import { html } from 'hono/html'
import { VARIANT_IDS, type VariantId } from '../../contracts/index.js'
import type { Signed } from '../account/signed.js'
import { dollars, figure, percent, seconds, short } from '../html/format.js'
import { alert, type Html, layout, notice } from '../html/layout.js'
import type { Figures } from './figures.js'
import type { Health, HealthOf } from './health.js'
import { VARIANT_NAMES } from './names.js'

export interface VariantsPage {
  signed: Signed
  chosen: VariantId
  health: HealthOf
  figures: Map<VariantId, Figures>
  message?: string
  done?: string
}

/** `production` is earned: the adapter that passed its gates is the one that is live. */
function statusOf(id: VariantId, health: Health, figures: Figures | undefined): 'baseline' | 'experimental' | 'production' {
  if (id !== 'extraction/lora-v1') return 'baseline'
  return figures?.promoted && figures.summary.variantDigest === health.live ? 'production' : 'experimental'
}

function recallOf(id: VariantId, { live }: Health, figures: Figures | undefined): Html | string {
  if (!figures) return '–'
  const { source, metrics, variantDigest } = figures.summary
  if (source === 'published')
    return html`${metrics.recall ? percent(metrics.recall.value) : '–'}<span class="hint">published, by another scorer</span>`
  const another = id === 'extraction/lora-v1' && live !== undefined && variantDigest !== live
  return html`${figure(metrics.recall)}${another ? html`<span class="hint">of adapter ${short(variantDigest)}; the live one has no page yet</span>` : ''}`
}

const row = (page: VariantsPage, id: VariantId): Html => {
  const health = page.health[id]
  const figures = page.figures.get(id)
  const summary = figures?.summary
  const status = statusOf(id, health, figures)
  const input = `v-${id.replace('/', '-')}`
  return html`<tr>
    <th scope="row"><div class="pick">
      <input type="radio" name="variant" value="${id}" id="${input}" aria-describedby="${input}-health"
        ${id === page.chosen ? html`checked` : ''} ${health.canRun ? '' : html`disabled`} />
      <label for="${input}">${id}<span class="hint">${VARIANT_NAMES[id]}</span></label>
    </div></th>
    <td data-head="Status"><span class="tag ${status}">${status}</span></td>
    <td data-head="Recall">${recallOf(id, health, figures)}</td>
    <td data-head="Seconds per form">${seconds(summary?.secondsPerForm)}</td>
    <td data-head="Dollars per form">${dollars(summary?.dollarsPerForm)}</td>
    <td data-head="Measured in">${figures ? html`<a href="${figures.href}">Page<span class="unseen"> of ${id}</span></a>` : 'none yet'}</td>
    <td data-head="Now" id="${input}-health" class="${health.canRun ? 'well' : 'unwell'}">${health.text}</td>
  </tr>`
}

const HEADS = ['Variant', 'Status', 'Recall', 'Seconds per form', 'Dollars per form', 'Measured in', 'Now']

/** Settings → Variants, tab Extraction. */
export const variantsPage = (page: VariantsPage): Html =>
  layout({
    title: 'Variants',
    section: 'settings',
    signed: page.signed,
    wide: true,
    body: html`<h1>Settings: Variants</h1>
      <nav aria-label="Variants" class="tabs">
        <ul><li><a href="/settings/variants/extraction" aria-current="page">Extraction</a></li></ul>
      </nav>
      ${page.message ? alert(page.message) : ''} ${page.done ? notice(page.done) : ''}
      <p class="text">A variant is one way to read a form. Extract uses the one that you choose here, for your account only; one that
        cannot run here says why under “Now”.</p>
      <form method="post" action="/settings/variants/extraction">
        <input type="hidden" name="csrf" value="${page.signed.csrf}" />
        <table class="cards">
          <caption class="unseen">Variants of extraction</caption>
          <thead><tr>${HEADS.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
          <tbody>${VARIANT_IDS.map((id) => row(page, id))}</tbody>
        </table>
        <button class="main">Use the chosen one</button>
      </form>
      <dl class="text">
        <dt>Recall</dt><dd>the share of a form’s fields that were found with a fitting label; in brackets its 95 % interval over the forms of the evaluation</dd>
        <dt>baseline</dt><dd>something to compare with</dd>
        <dt>experimental</dt><dd>trained by us, and not, or not yet, better than what was there before</dd>
        <dt>production</dt><dd>the adapter that passed the gates of its run, and is the one that is live</dd>
      </dl>`,
  })
