import type {
  AuthoredField,
  AuthoredForm,
  DataCollectionSpec,
  FieldMapping,
  Requirement,
  RequirementGroup,
} from '../../../../contracts/index.js'
import { type Placed, widgetRefs } from './widgets.js'

const MAX_NAME_WORDS = 8

function words(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f'’]/g, '')
    .toLowerCase()
  return plain.match(/[a-z0-9]+/g)?.slice(0, MAX_NAME_WORDS) ?? []
}

function camel(text: string): string {
  const [first = 'field', ...rest] = words(text)
  const name = [first, ...rest.map((w) => w[0]!.toUpperCase() + w.slice(1))].join('')
  return /^[a-z]/.test(name) ? name : `n${name}`
}

/** The first of `name`, `name2`, `name3`… that is not taken. */
function unique(name: string, separator: string, taken: Set<string>): string {
  let candidate = name
  for (let i = 2; taken.has(candidate); i++) candidate = `${name}${separator}${i}`
  taken.add(candidate)
  return candidate
}

/** A field whose widgets are being drawn. */
export interface Slot {
  requirement: Requirement
  field: AuthoredField
  section: string
  placed: Placed[]
}

/** Two boxes for yes and no are one choice, however the author typed the field. */
function goldType(field: AuthoredField): AuthoredField['fieldType'] {
  return (field.widget === 'yesno' || field.widget === 'checks') && field.fieldType === 'boolean' ? 'choice' : field.fieldType
}

/** Keeps the truth while the renderer draws: which requirement each widget serves. */
export class Gold {
  readonly #groups: RequirementGroup[] = []
  readonly #slots: Slot[] = []
  readonly #names = new Set<string>()
  readonly #ids = new Set<string>()

  constructor(readonly form: AuthoredForm) {}

  group(title: string): void {
    this.#groups.push({ id: unique(words(title).join('-') || 'group', '-', this.#ids), title, requirements: [] })
  }

  slot(field: AuthoredField, label = field.label): Slot {
    const group = this.#groups.at(-1)
    if (!group) throw new Error('Expected a group before its first field')
    const fieldName = unique(camel(label), '', this.#names)
    const requirement: Requirement = {
      id: unique(words(label).join('-') || 'field', '-', this.#ids),
      fieldName,
      label,
      fieldType: goldType(field),
      required: field.required ?? false,
      ...(field.help ? { helpText: field.help } : {}),
      ...(field.sensitivity ? { sensitivity: field.sensitivity } : {}),
    }
    group.requirements.push(requirement)
    const slot: Slot = { requirement, field: { ...field, label }, section: group.title, placed: [] }
    this.#slots.push(slot)
    return slot
  }

  /** Call when every page has all its annotations. */
  finish(): { spec: DataCollectionSpec; fieldMapping: FieldMapping } {
    const spec = { id: this.form.id, title: this.form.title, groups: this.#groups }
    return { spec, fieldMapping: Object.fromEntries(this.#slots.map((s) => [s.requirement.fieldName, widgetRefs(s.placed)])) }
  }
}
