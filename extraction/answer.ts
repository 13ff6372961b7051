import type { AnswerField, Marker, Window, WindowAnswer } from '../contracts/index.js'
import { SENSITIVITIES } from '../contracts/index.js'
import { judged, type LineConfidence } from './confidence.js'
import { answerByRules, sectionTitle } from './variants/rules-v1.js'
import { tokenF1 } from './label.js'
import { judgement, markerWords, sectionWords } from './prompt.js'

/**
 * Answer lines: `# section`, then for each marker its number and `label;type[ sensitivity][ *]`, `+` (same field as the one
 * before of its kind), or `-` (paper line that is no field). `=` for a label or section keeps the one that the rules found.
 */
const KEEP = '='
/** A label that agrees with the gold, as scoring counts it, is kept: only wrong ones are worth writing anew. */
const KEEP_F1 = 0.5
const TEXT_TYPES = ['text', 'email', 'phone', 'url', 'number', 'currency', 'date', 'longText', 'choice', 'boolean'] as const
const BUTTON_TYPES = ['boolean', 'choice'] as const
const SHOWN_SENSITIVITIES = SENSITIVITIES.filter((s) => s !== 'low')
export const MAX_LABEL_CHARS = 140
const END = '<|im_end|>'

export class UnparseableAnswer extends Error {
  override name = 'UnparseableAnswer'
}

const isButton = (marker: Marker): boolean => marker.kind === 'check' || marker.kind === 'radio'
const kindOf = (marker: Marker): string => (isButton(marker) ? 'button' : marker.kind === 'signature' ? 'text' : marker.kind)

/** Types that a marker of this kind can have. */
export function typesFor(marker: Marker): readonly string[] {
  if (isButton(marker)) return BUTTON_TYPES
  return marker.kind === 'choice' ? ['choice'] : TEXT_TYPES
}

const oneLine = (text: string): string =>
  text
    .replace(/[;\n]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_LABEL_CHARS)

/** What the rules found, by the first marker of each of their fields: its label is what `=` stands for. */
function rulesFields(window: Window): Map<number, AnswerField> {
  return new Map(answerByRules(window).fields.map((field) => [field.markers[0]!, field]))
}

const orKeep = (text: string, found: string | undefined): string => (found && tokenF1(found, text) >= KEEP_F1 ? KEEP : oneLine(text))

/** The answer as the model is trained to write it; `answer.fields[].markers` are the description's marker ids. */
export function renderAnswer(window: Window, answer: WindowAnswer): string {
  const rules = rulesFields(window)
  const lines = [`# ${orKeep(answer.section, sectionTitle(window.section))}`]
  const fieldOf = new Map(answer.fields.flatMap((field) => field.markers.map((id) => [id, field] as const)))
  window.markers.forEach((marker, i) => {
    const field = fieldOf.get(marker.id)
    if (!field) lines.push(`${i + 1} -`)
    else if (field.markers[0] !== marker.id) lines.push(`${i + 1} +`)
    else lines.push(`${i + 1} ${orKeep(field.label, rules.get(marker.id)?.label)}${judgement(field)}`)
  })
  return `${lines.join('\n')}${END}`
}

const rule = (choices: readonly string[]): string => `(${choices.map((c) => JSON.stringify(c)).join(' | ')})`

/** Most words of a label or section title: the corpus' longest has 16. */
const MAX_LABEL_WORDS = 18
/** Words that a label may use although its window does not print them. */
const CLOSED_LIST = [
  ...[
    'Name',
    'Date',
    'Signature',
    'Number',
    'Amount',
    'Address',
    'City',
    'State',
    'ZIP',
    'Code',
    'Phone',
    'Email',
    'Title',
    'Type',
    'Other',
  ],
  ...['Total', 'Description', 'General', 'Information', 'of', 'the', 'and', 'for', 'or', 'in', 'to', 'from', '/', '&', '-'],
]

/** A printed word as a label may carry it: as it stands, without the punctuation around it, and in other letter case (headings are often in capitals). */
function spellings(word: string): string[] {
  const bare = word.replace(/^[([{"“'‘*]+|[)\]}"”'’*:;.,?!]+$/gu, '')
  return [word.replace(/[:;.*]+$/u, ''), bare].flatMap((w) => {
    if (w === '') return []
    const lower = w.toLowerCase()
    return [w, w[0]!.toUpperCase() + w.slice(1), w[0]!.toLowerCase() + w.slice(1), lower, lower[0]!.toUpperCase() + lower.slice(1)]
  })
}

const allowed = (printed: string[]): string[] =>
  [...new Set([...printed.flatMap(spellings), ...CLOSED_LIST])].filter((w) => w !== '' && !/[;\n]/.test(w))

/** Every word that the label of this marker may use: what is printed around it, its section's heading, and a small closed list. */
export function labelWords(marker: Marker, window: Window): string[] {
  return allowed([...markerWords(marker), ...sectionWords(window)])
}

/**
 * Markers that may join the field before: those that the rules join, and buttons without a caption of their own that
 * differs. Anything else would let the model merge what stands apart.
 */
function joinable(window: Window): Set<number> {
  const joins = new Set<number>()
  let previous: { marker: Marker; label: string } | undefined
  const fieldOf = new Map(
    answerByRules(window).fields.flatMap((f) => f.markers.map((id, i) => [id, { label: f.label, first: i === 0 }] as const)),
  )
  for (const marker of window.markers) {
    const field = fieldOf.get(marker.id)
    if (!field) continue
    const sameLead = marker.neighbours.lead !== undefined && marker.neighbours.lead === previous?.marker.neighbours.lead
    if (!field.first || (previous && isButton(marker) && isButton(previous.marker) && (sameLead || previous.label === field.label)))
      joins.add(marker.id)
    previous = { marker, label: field.label }
  }
  return joins
}

const words = (list: string[]): string => list.map((w) => JSON.stringify(` ${w}`)).join(' | ')

/**
 * EBNF that makes every answer of this window parseable and cover each marker exactly once, and lets a label use only the
 * words around its own marker ({@link labelWords}), so that nothing is invented and no label slips to the next line.
 * `+` is allowed only where markers are {@link joinable}, `-` only for a line on paper. A space belongs to the word after it,
 * as the tokenizer splits.
 */
export function answerGrammar(window: Window): string {
  const joins = joinable(window)
  const found = rulesFields(window)
  const seen = new Set<string>()
  const rules: string[] = []
  const lines = window.markers.map((marker, i) => {
    const kind = kindOf(marker)
    const label = `w${i + 1}{1,${MAX_LABEL_WORDS}}`
    const bodies = [`${found.has(marker.id) ? `(" ${KEEP}" | ${label})` : label} ";" ${rule(typesFor(marker))} tail`]
    if (seen.has(kind) && joins.has(marker.id)) bodies.push('" +"')
    if (marker.paperOnly) bodies.push('" -"')
    seen.add(kind)
    rules.push(`w${i + 1} ::= ${words(labelWords(marker, window))}`)
    return `"\\n${i + 1}" (${bodies.join(' | ')})`
  })
  const title = `title{1,${MAX_LABEL_WORDS}}`
  return [
    `root ::= "#" ${window.section === '' ? title : `(" ${KEEP}" | ${title})`} ${lines.join(' ')}`,
    `title ::= ${words(allowed(sectionWords(window)))}`,
    ...rules,
    `tail ::= (" " ${rule(SHOWN_SENSITIVITIES)})? (" *")?`,
  ].join('\n')
}

const FIELD = /^(?<label>[^;]+);(?<type>[A-Za-z]+)(?: (?<sensitivity>medium|high|pii))?(?<required> \*)?$/

/**
 * Reads an answer back. `confidences[i]` is line i's (the section is line 0); where the model was unsure, the rules' judgement stands.
 * @throws UnparseableAnswer when a line is missing, out of order or malformed.
 */
export function parseAnswer(text: string, window: Window, confidences: LineConfidence[] = []): WindowAnswer {
  const lines = text.replace(END, '').trimEnd().split('\n')
  if (!lines[0]?.startsWith('# ')) throw new UnparseableAnswer('expected the answer to begin with its section')
  if (lines.length !== window.markers.length + 1)
    throw new UnparseableAnswer(`expected ${window.markers.length} lines after the section, got ${lines.length - 1}`)
  const rules = rulesFields(window)
  const fields: AnswerField[] = []
  const latest = new Map<string, AnswerField>()
  window.markers.forEach((marker, i) => {
    const line = lines[i + 1] ?? ''
    if (!line.startsWith(`${i + 1} `))
      throw new UnparseableAnswer(`expected line ${i + 1} to be for marker ${i + 1}, got ${JSON.stringify(line.slice(0, 40))}`)
    const body = line.slice(`${i + 1} `.length)
    if (body === '-') return
    const earlier = latest.get(kindOf(marker))
    if (body === '+' && earlier) {
      earlier.markers.push(marker.id)
      return
    }
    const found = FIELD.exec(body)?.groups
    const label = found?.label === KEEP ? rules.get(marker.id)?.label : found?.label?.trim()
    if (!found || !label || !typesFor(marker).includes(found.type ?? ''))
      throw new UnparseableAnswer(`expected marker ${i + 1} to get a label and a type, got ${JSON.stringify(body.slice(0, 60))}`)
    const confidence = confidences[i + 1]
    const written: AnswerField = {
      markers: [marker.id],
      label,
      fieldType: found.type ?? 'text',
      sensitivity: found.sensitivity ?? 'low',
      required: found.required !== undefined,
      ...(confidence ? { confidence: confidence.mean } : {}),
    }
    const field = judged(written, rules.get(marker.id), confidence)
    fields.push(field)
    latest.set(kindOf(marker), field)
  })
  const section = lines[0].slice(2).trim()
  return { section: section === KEEP ? sectionTitle(window.section) : section, fields }
}
