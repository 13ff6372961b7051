import type {
  DataCollectionSpec,
  FieldMapping,
  FieldType,
  FormDescription,
  Provenance,
  Requirement,
  WidgetRef,
} from '../../contracts/index.js'

type JsonSchema = Record<string, unknown>

const SCHEMA_OF: Record<FieldType, JsonSchema> = {
  text: { type: 'string' },
  longText: { type: 'string' },
  email: { type: 'string', format: 'email' },
  phone: { type: 'string' },
  url: { type: 'string', format: 'uri' },
  number: { type: 'number' },
  currency: { type: 'number' },
  date: { type: 'string', format: 'date' },
  boolean: { type: 'boolean' },
  choice: { type: 'string' },
}

const keyOf = (w: WidgetRef): string => `${w.page}/${w.index}/${w.name}`

/** What a list box or drop-down offers; check boxes have export values, which say nothing to people. */
function optionsOf(requirement: Requirement, mapping: FieldMapping, description: FormDescription): string[] {
  if (requirement.fieldType !== 'choice') return []
  const bound = new Set((mapping[requirement.fieldName] ?? []).map(keyOf))
  const marker = description.markers.find((m) => m.kind === 'choice' && bound.has(keyOf(m)))
  return [...new Set(marker?.options ?? [])].filter((option) => option.trim() !== '')
}

/** JSON Schema (2020-12) of what the form asks for: one property per field, `required` as the form says. */
export function jsonSchemaOf(spec: DataCollectionSpec, mapping: FieldMapping, description: FormDescription): JsonSchema {
  const requirements = spec.groups.flatMap((group) => group.requirements.map((requirement) => ({ requirement, group })))
  const properties = requirements.map(({ requirement, group }) => {
    const options = optionsOf(requirement, mapping, description)
    const property = {
      title: requirement.label,
      ...(requirement.helpText ? { description: requirement.helpText } : {}),
      ...SCHEMA_OF[requirement.fieldType],
      ...(options.length > 0 ? { enum: options } : {}),
      'x-group': group.title,
      'x-sensitivity': requirement.sensitivity ?? 'low',
    }
    return [requirement.fieldName, property] as const
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: spec.title,
    ...(spec.description ? { description: spec.description } : {}),
    type: 'object',
    properties: Object.fromEntries(properties),
    required: requirements.filter(({ requirement }) => requirement.required).map(({ requirement }) => requirement.fieldName),
    additionalProperties: false,
  }
}

/** How to fill the PDF: for each field, the widgets that take its value; with it, who read the form. */
export function fillMappingOf(spec: DataCollectionSpec, mapping: FieldMapping, pdf: string, provenance?: Provenance): object {
  const fields = spec.groups.flatMap((g) => g.requirements)
  return {
    version: 1,
    pdf,
    ...(provenance ? { provenance } : {}),
    fields: Object.fromEntries(
      fields.map((r) => [r.fieldName, { label: r.label, fieldType: r.fieldType, widgets: mapping[r.fieldName] ?? [] }]),
    ),
  }
}
