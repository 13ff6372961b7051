import type { AnswerField, DataCollectionSpec, FieldMapping, Requirement, Window, WindowAnswer } from '../contracts/index.js'
import { tokenF1 } from './label.js'

interface GoldField {
  requirement: Requirement
  group: string
  label: string
}

/** "Employer 2" of a repeated row is taught as "Employer": assembly numbers repeated labels. */
function unnumbered(label: string, siblings: Set<string>): string {
  const found = /^(.*\S) (\d+)$/.exec(label)
  if (!found) return label
  const [, stem, n] = found
  return siblings.has(`${stem} ${Number(n) + 1}`) || siblings.has(`${stem} ${Number(n) - 1}`) ? stem! : label
}

const keyOf = (page: number, index: number): string => `${page}/${index}`

/**
 * The answer that the model should give to a window, from the pair's spec and field mapping.
 * A line on paper is bound to the gold field without widgets whose label its neighbours carry best.
 */
export function goldAnswers(windows: Window[], spec: DataCollectionSpec, fieldMapping: FieldMapping): WindowAnswer[] {
  const byWidget = new Map<string, GoldField>()
  const onPaper: GoldField[] = []
  for (const group of spec.groups) {
    const siblings = new Set(group.requirements.map((r) => r.label))
    for (const requirement of group.requirements) {
      const field = { requirement, group: group.title, label: unnumbered(requirement.label, siblings) }
      const widgets = fieldMapping[requirement.fieldName] ?? []
      if (widgets.length === 0) onPaper.push(field)
      for (const widget of widgets) byWidget.set(keyOf(widget.page, widget.index), field)
    }
  }
  const takeFromPaper = (texts: string[]): GoldField | undefined => {
    const scored = onPaper.map((field, at) => ({ at, score: Math.max(0, ...texts.map((t) => tokenF1(t, field.label))) }))
    const best = scored.sort((a, b) => b.score - a.score)[0]
    return best && best.score >= 0.5 ? onPaper.splice(best.at, 1)[0] : undefined
  }
  return windows.map((window) => {
    const fields = new Map<Requirement, AnswerField>()
    const groups: string[] = []
    for (const marker of window.markers) {
      const neighbours = marker.neighbours
      const gold =
        marker.index >= 0
          ? byWidget.get(keyOf(marker.page, marker.index))
          : takeFromPaper([neighbours.left, neighbours.above, neighbours.below, neighbours.inside].filter((t) => t !== undefined))
      if (!gold) continue
      groups.push(gold.group)
      const { requirement } = gold
      const field = fields.get(requirement)
      if (field) field.markers.push(marker.id)
      else
        fields.set(requirement, {
          markers: [marker.id],
          label: gold.label,
          fieldType: requirement.fieldType,
          sensitivity: requirement.sensitivity ?? 'low',
          required: requirement.required,
        })
    }
    return { section: mostFrequent(groups) ?? window.section, fields: [...fields.values()] }
  })
}

function mostFrequent(words: string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
}
