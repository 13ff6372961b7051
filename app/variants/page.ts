import { html } from 'hono/html'
import { VARIANT_IDS, type VariantId } from '../../contracts/index.js'
import type { Signed } from '../account/session.js'
import { dollars, figure, seconds } from '../html/format.js'
import { alert, type Html, layout, notice } from '../html/layout.js'
import type { Figures } from './figures.js'
import type { Health, HealthOf } from './health.js'

export interface VariantsPage {
  signed: Signed
  chosen: VariantId
  health: HealthOf
  figures: Map<VariantId, Figures>
  message?: string
  done?: string
}

const NAMES: Record<VariantId, string> = {
  'extraction/sonnet': 'Claude Sonnet, by API',
  'extraction/haiku': 'Claude Haiku, by API',
  'extraction/rules-v1': 'Rules: nearest text and patterns',
  'extraction/lora-v1': 'Our own adapter of a small model',
}

/** `production` is earned: the adapter that passed its gates is the one that is live. */
function statusOf(id: VariantId, health: Health, figures: Figures | undefined): 'baseline' | 'experimental' | 'production' {
  if (id !== 'extraction/lora-v1') return 'baseline'
  return figures?.promoted && figures.summary.variantDigest === health.live ? 'production' : 'experimental'
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
      <label for="${input}">${id}<span class="hint">${NAMES[id]}</span></label>
    </div></th>
    <td data-head="Status"><span class="tag ${status}">${status}</span></td>
    <td data-head="Recall">${figure(summary?.metrics.recall)}${summary?.source === 'published' ? html`<span class="hint">published, by another scorer</span>` : ''}</td>
    <td data-head="Per form">${summary ? html`${seconds(summary.secondsPerForm)}, ${dollars(summary.dollarsPerForm)}` : '–'}</td>
    <td data-head="Evaluation">${figures ? html`<a href="${figures.href}">Page<span class="unseen"> of ${id}</span></a>` : 'none yet'}</td>
    <td data-head="Now" id="${input}-health" class="${health.canRun ? 'well' : 'unwell'}">${health.text}</td>
  </tr>`
}

/** Settings → Variants, tab Extraction. */
export const variantsPage = (page: VariantsPage): Html =>
  layout({
    title: 'Variants',
    section: 'settings',
    signed: page.signed,
    wide: true,
    body: html`<h1>Settings</h1>
      <nav aria-label="Settings" class="tabs">
        <ul><li><a href="/settings/variants/extraction" aria-current="page">Variants: Extraction</a></li></ul>
      </nav>
      ${page.message ? alert(page.message) : ''} ${page.done ? notice(page.done) : ''}
      <p>Extract uses the variant chosen here, for your account only. Recall is the share of a form's fields that were found
        with a fitting label, with its 95 % interval over the evaluation's forms.</p>
      <form method="post" action="/settings/variants/extraction">
        <input type="hidden" name="csrf" value="${page.signed.csrf}" />
        <table class="cards">
          <caption class="unseen">Variants of extraction</caption>
          <thead>
            <tr><th scope="col">Variant</th><th scope="col">Status</th><th scope="col">Recall</th><th scope="col">Per form</th><th scope="col">Evaluation</th><th scope="col">Now</th></tr>
          </thead>
          <tbody>${VARIANT_IDS.map((id) => row(page, id))}</tbody>
        </table>
        <button class="main">Use the chosen one</button>
      </form>`,
  })
