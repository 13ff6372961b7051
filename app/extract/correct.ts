import { z } from 'zod'
import { DataCollectionSpec, type FieldMapping, FieldType, type Requirement, Sensitivity } from '../../contracts/index.js'

/** Longest texts that a correction may have. */
export const MAX_LABEL = 300
export const MAX_HELP = 2000

const Corrected = z.object({
  label: z.string().trim().min(1, 'the label is empty').max(MAX_LABEL),
  fieldName: z.string().trim(),
  fieldType: FieldType,
  required: z.literal('on').optional(),
  sensitivity: Sensitivity,
  helpText: z.string().trim().max(MAX_HELP),
  group: z.string(),
  remove: z.literal('on').optional(),
})

/** A correction that makes no spec; says which field and why. */
export class CorrectionRefused extends Error {
  override name = 'CorrectionRefused'
}

type Form = Record<string, unknown>

function requirementOf(before: Requirement, at: number, form: Form): { requirement: Requirement; group: string } | undefined {
  const given = Object.fromEntries(
    Object.keys(Corrected.shape).flatMap((key) => (form[`${key}.${at}`] === undefined ? [] : [[key, form[`${key}.${at}`]]])),
  )
  const parsed = Corrected.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new CorrectionRefused(`${before.label}: ${issue.path.join('.')}: ${issue.message}. Nothing was saved.`)
  }
  const { label, fieldName, fieldType, required, sensitivity, helpText, group, remove } = parsed.data
  if (remove) return undefined
  const requirement: Requirement = {
    id: before.id,
    fieldName,
    label,
    fieldType,
    required: required === 'on',
    ...(helpText ? { helpText } : {}),
    ...(sensitivity === 'low' ? {} : { sensitivity }),
  }
  return { requirement, group }
}

function refuseTwice(names: string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice) throw new CorrectionRefused(`Two fields are called ${twice}. Nothing was saved; give one of them another field name.`)
}

/**
 * The spec as a person's form corrects it: fields are named `<what>.<place>`, group titles `title.<group id>`.
 * Throws CorrectionRefused, naming the field, when it makes no spec.
 */
export function correct(spec: DataCollectionSpec, mapping: FieldMapping, form: Form): { spec: DataCollectionSpec; mapping: FieldMapping } {
  const before = spec.groups.flatMap((g) => g.requirements)
  const after = before.map((requirement, at) => ({ before: requirement, now: requirementOf(requirement, at, form) }))
  const kept = after.flatMap(({ before, now }) => (now ? [{ before, now }] : []))
  refuseTwice(kept.map(({ now }) => now.requirement.fieldName))
  const groups = spec.groups.map((group) => {
    const title = form[`title.${group.id}`]
    return {
      ...group,
      title: typeof title === 'string' ? title.trim() : group.title,
      requirements: kept.filter(({ now }) => now.group === group.id).map(({ now }) => now.requirement),
    }
  })
  const lost = kept.find(({ now }) => !spec.groups.some((g) => g.id === now.group))
  if (lost) throw new CorrectionRefused(`${lost.before.label}: there is no group ${lost.now.group}. Nothing was saved.`)
  const title = typeof form.title === 'string' ? form.title.trim() : spec.title
  const parsed = DataCollectionSpec.safeParse({ ...spec, title, groups: groups.filter((g) => g.requirements.length > 0) })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new CorrectionRefused(`${issue.path.join('.')}: ${issue.message}. Nothing was saved.`)
  }
  return {
    spec: parsed.data,
    mapping: Object.fromEntries(kept.map(({ before, now }) => [now.requirement.fieldName, mapping[before.fieldName] ?? []])),
  }
}
