import type { AnswerField, Marker, Window, WindowAnswer } from '../../contracts/description.js'
import type { FieldType } from '../../contracts/spec.js'
import { stripNumber, tidyLabel } from '../label.js'
import { stripControls } from '../untrusted.js'
import { chooseLabel } from './rules/choose-label.js'
import { textType } from './rules/field-type.js'
import { mergeMarkers } from './rules/merge.js'
import { sensitivityOf } from './rules/sensitivity.js'

const isButton = (m: Marker): boolean => m.kind === 'check' || m.kind === 'radio'
const REQUIRED = /\*\s*$|\(required\)|\brequired\b/i

/** Answers a window without a model: nearest text, patterns and geometry. The baseline that a model has to beat. */
export function answerByRules(window: Window): WindowAnswer {
  const labels = new Map(window.markers.map((m) => [m.id, chooseLabel(m)]))
  const fields = mergeMarkers(window.markers, (m) => labels.get(m.id)!).map((markers) => fieldOf(markers, labels, window))
  return { section: sectionTitle(window.section), fields }
}

function fieldOf(markers: Marker[], labels: Map<number, string>, window: Window): AnswerField {
  const first = markers[0]!
  const own = labels.get(first.id)!
  const lead = tidyLabel(first.neighbours.lead ?? '')
  const question = lead || (isButton(first) ? tidyLabel(first.neighbours.rowHeader ?? '') : '')
  const hint = tidyLabel(first.hint?.tooltip ?? first.hint?.fieldName ?? '')
  const label = (markers.length > 1 && question) || own || hint || lead || sectionTitle(window.section) || 'Field'
  const { section, formTitle, subject = 'applicant' } = window
  const fieldType = typeOf(markers, label, section)
  return {
    markers: markers.map((m) => m.id),
    label,
    fieldType,
    sensitivity: sensitivityOf({ label, fieldType, section, formTitle, subject }),
    required: markers.some(
      (m) => m.required || Object.values(m.neighbours).some((text) => text !== undefined && text.length < 120 && REQUIRED.test(text)),
    ),
  }
}

function typeOf(markers: Marker[], label: string, section: string): FieldType {
  const first = markers[0]!
  if (first.kind === 'choice') return 'choice'
  if (isButton(first)) return markers.length > 1 || first.kind === 'radio' ? 'choice' : 'boolean'
  return textType(label, first, section)
}

const PART =
  /^(?:part|section|schedule|step|article|chapter|parte|secci[oó]n|paso)\s+(?:[ivxl]+|[a-z]|\d+[a-z]?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b[\s:.,)·–—-]*/i

/** 'Part II — Household members' is known by its title; a number alone stays. */
export function sectionTitle(printed: string): string {
  const plain = stripControls(printed).trim()
  const titled = stripNumber(plain.replace(PART, '').trim() || plain)
  return titled.replace(/\s*\((?:see|continued|check|complete|attach|if)\b[^()]*\)/gi, '').trim() || plain
}
