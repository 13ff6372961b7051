import { html } from 'hono/html'
import {
  type ExtractionResult,
  FIELD_TYPES,
  type FieldConfidence,
  type Requirement,
  type RequirementGroup,
  SENSITIVITIES,
  type Sensitivity,
  type WidgetRef,
} from '../../contracts/index.js'
import { percent } from '../html/format.js'
import type { Html } from '../html/layout.js'
import { MAX_HELP, MAX_LABEL } from './correct.js'
import type { Extraction } from './store.js'

const FLAG_TEXT = {
  'low-confidence': 'unsure',
  'label-unseen': 'label not printed on the form',
  'from-rules': 'answered by the rules',
  'paper-only': 'on paper only',
} as const

const SENSITIVITY_TEXT: Record<Sensitivity, string> = { low: 'low', medium: 'medium', high: 'high', pii: 'personal (pii)' }

/** Markers of each field, by what binds them. */
export function markersOf(extraction: Extraction): Map<string, number[]> {
  const keyOf = (w: WidgetRef) => `${w.page}/${w.index}/${w.name}`
  const ids = new Map(extraction.description.markers.map((m) => [keyOf(m), m.id]))
  const bound = Object.entries(extraction.mapping ?? {}).map(
    ([fieldName, widgets]) => [fieldName, widgets.flatMap((w) => ids.get(keyOf(w)) ?? [])] as const,
  )
  return new Map(bound)
}

const option = (value: string, chosen: string, text = value): Html =>
  html`<option value="${value}" ${value === chosen ? html`selected` : ''}>${text}</option>`

/** Whether the variant says how sure it is: the rules and the API models do not. */
export const tellsConfidence = (result: ExtractionResult): boolean =>
  result.provenance.variant === 'extraction/lora-v1' && result.confidence.length > 0

/** Fields that the variant was unsure of; none where it never says. */
export const unsureFields = (result: ExtractionResult): Set<string> =>
  new Set(tellsConfidence(result) ? result.confidence.filter((c) => c.flags?.includes('low-confidence')).map(({ fieldId }) => fieldId) : [])

function marks(confidence: FieldConfidence | undefined, unsure: boolean): Html | '' {
  const flags = (confidence?.flags ?? []).filter((flag) => unsure || flag !== 'low-confidence')
  if (flags.length === 0) return ''
  const sure = confidence ? percent(confidence.confidence) : ''
  return html`${flags.map((flag) => html`<span class="flag">${FLAG_TEXT[flag]}${flag === 'low-confidence' ? html` (${sure})` : ''}</span>`)}`
}

interface FieldView {
  at: number
  requirement: Requirement
  markers: number[]
  confidence: FieldConfidence | undefined
  unsure: boolean
  group: string
  groups: RequirementGroup[]
}

/** More numbers than these get a line of their own. */
const FEW_MARKERS = 3

const field = ({ at, requirement: r, markers, confidence, unsure, group, groups }: FieldView): Html => {
  return html`<li class="field ${unsure ? 'unsure' : ''}" id="field-${at}" data-markers="${markers.join(' ')}">
    <div class="field-head">
      <span class="numbers ${markers.length > FEW_MARKERS ? 'many' : ''}">
        ${markers.length === 0 ? html`<span class="hint">no widget</span>` : markers.map((m) => html`<a href="#widget-${m}" aria-label="Widget ${m} of ${r.label}">${m}</a>`)}
      </span>
      <label class="unseen" for="label-${at}">Label</label>
      <input id="label-${at}" name="label.${at}" value="${r.label}" required maxlength="${MAX_LABEL}" />
      ${marks(confidence, unsure)}
    </div>
    <div class="row">
      <label>Type<span class="unseen"> of ${r.label}</span>
        <select name="fieldType.${at}">${FIELD_TYPES.map((t) => option(t, r.fieldType))}</select></label>
      <label>Sensitivity<span class="unseen"> of ${r.label}</span>
        <select name="sensitivity.${at}">${SENSITIVITIES.map((s) => option(s, r.sensitivity ?? 'low', SENSITIVITY_TEXT[s]))}</select></label>
      <label class="check"><input type="checkbox" name="required.${at}" ${r.required ? html`checked` : ''} /> Required<span class="unseen">: ${r.label}</span></label>
    </div>
    <details>
      <summary>More<span class="unseen"> of ${r.label}</span></summary>
      <label>Field name <input name="fieldName.${at}" value="${r.fieldName}" required pattern="[a-z][a-zA-Z0-9]*" title="camelCase" /></label>
      <label>
        Group
        <select name="group.${at}">${groups.map((g) => option(g.id, group, g.title))}</select>
      </label>
      <label>Help <textarea name="helpText.${at}" rows="2" maxlength="${MAX_HELP}">${r.helpText ?? ''}</textarea></label>
      <label class="check"><input type="checkbox" name="remove.${at}" /> Leave this field out</label>
    </details>
  </li>`
}

/** The fields by group, ready to be corrected. */
export function fieldGroups(extraction: Extraction, result: ExtractionResult): Html {
  const groups = extraction.spec!.groups
  const markers = markersOf(extraction)
  const sure = new Map(result.confidence.map((c) => [c.fieldId, c]))
  const unsure = unsureFields(result)
  let at = 0
  return html`${groups.map(
    (group) => html`<section class="group" aria-labelledby="group-${group.id}">
      <h2 id="group-${group.id}">${group.title}</h2>
      <details>
        <summary>Rename<span class="unseen"> the group ${group.title}</span></summary>
        <label>Group title <input name="title.${group.id}" value="${group.title}" required maxlength="${MAX_LABEL}" /></label>
      </details>
      <ol class="fields">
        ${group.requirements.map((requirement) =>
          field({
            at: at++,
            requirement,
            markers: markers.get(requirement.fieldName) ?? [],
            confidence: sure.get(requirement.id),
            unsure: unsure.has(requirement.id),
            group: group.id,
            groups,
          }),
        )}
      </ol>
    </section>`,
  )}`
}
