import type {
  AnswerField,
  DataCollectionSpec,
  ExtractionResult,
  FieldConfidence,
  FieldMapping,
  FieldType,
  FormDescription,
  Marker,
  Provenance,
  Requirement,
  RequirementGroup,
  Sensitivity,
  Window,
  WindowAnswer,
} from '../contracts/index.js'
import { FieldType as FieldTypes, Sensitivity as Sensitivities } from '../contracts/index.js'

const LOW_CONFIDENCE = 0.6
const MAX_NAME_WORDS = 12
const FALLBACK_TITLE = 'General'

/** A window with the answer that came back for it. */
export interface AnsweredWindow {
  window: Window
  answer: WindowAnswer
  /** The model's own answer could not be read; the rules answered. */
  fromRules?: boolean
}

interface Draft {
  label: string
  field: AnswerField
  fromRules: boolean
}

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/['’]/g, '')
    .match(/[A-Za-z0-9]+/g)
    ?.slice(0, MAX_NAME_WORDS) ?? []

/** kebab-case id of a label; `field` when it has no Latin letter or digit. */
export const toKebab = (text: string): string =>
  wordsOf(text)
    .map((w) => w.toLowerCase())
    .join('-') || 'field'

/** camelCase name of a label; never begins with a digit. */
export function toCamel(text: string): string {
  const name =
    wordsOf(text)
      .map((w, i) => (i === 0 ? w.toLowerCase() : w[0]!.toUpperCase() + w.slice(1).toLowerCase()))
      .join('') || 'field'
  return /^[0-9]/.test(name) ? `field${name}` : name
}

function uniquely(taken: Set<string>, name: string, join: string): string {
  let result = name
  for (let n = 2; taken.has(result); n++) result = `${name}${join}${n}`
  taken.add(result)
  return result
}

/** The title that most windows of a section gave it, the earliest of equals. */
function titlesOf(answered: AnsweredWindow[]): Map<string, string> {
  const votes = new Map<string, Map<string, number>>()
  for (const { window, answer } of answered) {
    if (answer.fields.length === 0) continue
    const title = answer.section || window.section || FALLBACK_TITLE
    const counts = votes.get(window.section) ?? new Map<string, number>()
    votes.set(window.section, counts.set(title, (counts.get(title) ?? 0) + 1))
  }
  return new Map([...votes].map(([section, counts]) => [section, [...counts].sort((a, b) => b[1] - a[1])[0]![0]]))
}

/** Windows of one section are one group; sections that got the same title are too. Without a heading each window's own title counts. */
function gather(answered: AnsweredWindow[]): Map<string, { title: string; drafts: Draft[] }> {
  const groups = new Map<string, { title: string; drafts: Draft[] }>()
  const titles = titlesOf(answered)
  for (const { window, answer, fromRules } of answered) {
    if (answer.fields.length === 0) continue
    const title = window.section === '' ? answer.section || FALLBACK_TITLE : titles.get(window.section)!
    const key = title.toLowerCase()
    const group = groups.get(key) ?? { title, drafts: [] }
    groups.set(key, group)
    for (const field of answer.fields) group.drafts.push({ label: field.label, field, fromRules: fromRules ?? false })
  }
  return groups
}

type Judged = Pick<AnswerField, 'fieldType' | 'sensitivity'>

/** The value with the most confidence behind it, the earliest of equals. */
function agreed<K extends keyof Judged>(fields: AnswerField[], key: K): Judged[K] {
  const weights = new Map<Judged[K], number>()
  for (const field of fields) weights.set(field[key], (weights.get(field[key]) ?? 0) + (field.confidence ?? 0.5))
  return [...weights].sort((a, b) => b[1] - a[1])[0]![0]
}

/** Rows of one column hold the same kind of thing: repeated labels of a group get one type and one sensitivity. */
function agreeRepeated(drafts: Draft[]): void {
  const rows = new Map<string, Draft[]>()
  for (const draft of drafts) {
    // Boxes to tick cannot take the type of text.
    const key = `${draft.label.toLowerCase()} ${['boolean', 'choice'].includes(draft.field.fieldType)}`
    rows.set(key, [...(rows.get(key) ?? []), draft])
  }
  for (const same of rows.values()) {
    if (same.length < 2) continue
    const fields = same.map((draft) => draft.field)
    const judged = { fieldType: agreed(fields, 'fieldType'), sensitivity: agreed(fields, 'sensitivity') }
    for (const draft of same) draft.field = { ...draft.field, ...judged }
  }
}

/** Repeated labels of a group are rows of a table or list: numbered from 1. */
function numberRepeated(drafts: Draft[]): void {
  const totals = new Map<string, number>()
  for (const { label } of drafts) totals.set(label.toLowerCase(), (totals.get(label.toLowerCase()) ?? 0) + 1)
  const counts = new Map<string, number>()
  for (const draft of drafts) {
    const key = draft.label.toLowerCase()
    if ((totals.get(key) ?? 0) < 2) continue
    const n = (counts.get(key) ?? 0) + 1
    counts.set(key, n)
    draft.label = `${draft.label} ${n}`
  }
}

function confidenceOf(id: string, draft: Draft, markers: Marker[]): FieldConfidence {
  const confidence = Math.round((draft.field.confidence ?? 0.5) * 1000) / 1000
  const flags: FieldConfidence['flags'] = []
  if (confidence < LOW_CONFIDENCE) flags.push('low-confidence')
  if (draft.fromRules) flags.push('from-rules')
  if (markers.every((m) => m.paperOnly)) flags.push('paper-only')
  return { fieldId: id, confidence, ...(flags.length > 0 ? { flags } : {}) }
}

/**
 * Windows' answers to one result, deterministically: groups by section, repeated rows numbered, ids and field names
 * derived from the labels and unique, each field bound to its widgets (none for a field on paper only).
 */
export function assemble(description: FormDescription, answered: AnsweredWindow[], provenance: Provenance): ExtractionResult {
  const markerOf = new Map(description.markers.map((m) => [m.id, m]))
  const ids = new Set<string>()
  const names = new Set<string>()
  const groupIds = new Set<string>()
  const fieldMapping: FieldMapping = {}
  const confidence: FieldConfidence[] = []
  const groups: RequirementGroup[] = []
  for (const { title, drafts } of gather(answered).values()) {
    agreeRepeated(drafts)
    numberRepeated(drafts)
    const requirements = drafts.map((draft): Requirement => {
      const markers = draft.field.markers.map((id) => markerOf.get(id)!)
      const id = uniquely(ids, toKebab(draft.label), '-')
      const fieldName = uniquely(names, toCamel(draft.label), '')
      const sensitivity = Sensitivities.catch('low' as Sensitivity).parse(draft.field.sensitivity)
      fieldMapping[fieldName] = markers.filter((m) => !m.paperOnly).map(({ name, page, index }) => ({ name, page, index }))
      confidence.push(confidenceOf(id, draft, markers))
      return {
        id,
        fieldName,
        label: draft.label,
        fieldType: FieldTypes.catch('text' as FieldType).parse(draft.field.fieldType),
        required: draft.field.required || markers.some((m) => m.required === true),
        ...(sensitivity === 'low' ? {} : { sensitivity }),
      }
    })
    groups.push({ id: uniquely(groupIds, toKebab(title), '-'), title, requirements })
  }
  const spec: DataCollectionSpec = { id: toKebab(description.title), title: description.title || 'Untitled form', groups }
  return { spec, fieldMapping, confidence, provenance }
}
