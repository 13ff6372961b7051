import { z } from 'zod'
import {
  DataCollectionSpec,
  FIELD_TYPES,
  type FormDescription,
  type FieldMapping,
  type Marker,
  SENSITIVITIES,
} from '../../contracts/index.js'
import { toCamel, toKebab } from '../assemble.js'

/** What the model is asked to fill in: the spec, with the widgets of each field by their full names. */
export const ClaudeAnswer = z.object({
  title: z.string().min(1),
  groups: z.array(
    z.object({
      title: z.string().min(1),
      requirements: z.array(
        z.object({
          label: z.string().min(1),
          fieldType: z.enum(FIELD_TYPES),
          required: z.boolean(),
          sensitivity: z.enum(SENSITIVITIES),
          markers: z.array(z.int()).describe('Numbers of the widgets that this field covers; empty for a field on paper only'),
        }),
      ),
    }),
  ),
})
export type ClaudeAnswer = z.infer<typeof ClaudeAnswer>

/** The widgets as the model sees them: number, page and kind in reading order, nothing of our neighbours. */
export const widgetList = ({ markers }: FormDescription): string =>
  markers
    .map(
      (m) =>
        `${m.id}: page ${m.page}, ${m.kind}, at ${Math.round(m.rect.x)},${Math.round(m.rect.y)} size ${Math.round(m.rect.width)}x${Math.round(m.rect.height)}`,
    )
    .join('\n')

function uniquely(taken: Set<string>, name: string, join: string): string {
  let unique = name
  for (let n = 2; taken.has(unique); n++) unique = `${name}${join}${n}`
  taken.add(unique)
  return unique
}

/** The answer as a spec with its mapping: ids derived from labels and unique, unknown and repeated markers left out. */
export function specOf(answer: ClaudeAnswer, description: FormDescription): { spec: DataCollectionSpec; fieldMapping: FieldMapping } {
  const byId = new Map<number, Marker>(description.markers.map((m) => [m.id, m]))
  const [ids, names, groupIds, used] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<number>()]
  const fieldMapping: FieldMapping = {}
  const groups = answer.groups.map((group) => ({
    id: uniquely(groupIds, toKebab(group.title), '-'),
    title: group.title,
    requirements: group.requirements.map(({ label, fieldType, required, sensitivity, markers }) => {
      const fieldName = uniquely(names, toCamel(label), '')
      const own = [...new Set(markers)].filter((id) => byId.has(id) && !used.has(id))
      for (const id of own) used.add(id)
      fieldMapping[fieldName] = own
        .map((id) => byId.get(id)!)
        .filter((m) => !m.paperOnly)
        .map(({ name, page, index }) => ({ name, page, index }))
      return {
        id: uniquely(ids, toKebab(label), '-'),
        fieldName,
        label,
        fieldType,
        required,
        ...(sensitivity === 'low' ? {} : { sensitivity }),
      }
    }),
  }))
  return { spec: DataCollectionSpec.parse({ id: toKebab(answer.title), title: answer.title, groups }), fieldMapping }
}
