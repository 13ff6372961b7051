import type { CaseResult, DataCollectionSpec, FieldMapping, Figure, Metric, Requirement, Score, WidgetRef } from '../contracts/index.js'
import { tokenF1 } from './label.js'

/** Least widget overlap (Jaccard) of a match, and least token F1 of labels that agree; design.md, "Scoring". */
const MIN_OVERLAP = 0.5
const MIN_LABEL_F1 = 0.5
const RESAMPLES = 1000

export interface Scored {
  spec: DataCollectionSpec
  fieldMapping: FieldMapping
}

interface Field {
  requirement: Requirement
  group: string
  widgets: Set<string>
}

const keyOf = (w: WidgetRef): string => `${w.page}/${w.index}`

function fieldsOf({ spec, fieldMapping }: Scored): Field[] {
  return spec.groups.flatMap((group) =>
    group.requirements.map((requirement) => ({
      requirement,
      group: group.title,
      widgets: new Set((fieldMapping[requirement.fieldName] ?? []).map(keyOf)),
    })),
  )
}

function jaccard(a: Set<string>, b: Set<string>): number {
  let both = 0
  for (const x of a) if (b.has(x)) both++
  return both === 0 ? 0 : both / (a.size + b.size - both)
}

const labelF1 = (a: Field, b: Field): number =>
  a.requirement.fieldName === b.requirement.fieldName ? 1 : tokenF1(a.requirement.label, b.requirement.label)
const normalised = (label: string): string =>
  label
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** Greedy, best first: widgets by overlap (label F1 breaks ties), then paper-only gold fields by label. */
function match(gold: Field[], predicted: Field[]): [Field, Field][] {
  const candidates: { g: Field; p: Field; score: number; tie: number }[] = []
  for (const g of gold) {
    for (const p of predicted) {
      if (g.widgets.size === 0 && p.widgets.size === 0) {
        const f1 = labelF1(g, p)
        if (f1 >= MIN_LABEL_F1) candidates.push({ g, p, score: f1 - 1, tie: 0 })
      } else {
        const overlap = jaccard(g.widgets, p.widgets)
        if (overlap >= MIN_OVERLAP) candidates.push({ g, p, score: overlap, tie: labelF1(g, p) })
      }
    }
  }
  candidates.sort((a, b) => b.score - a.score || b.tie - a.tie)
  const usedGold = new Set<Field>()
  const usedPredicted = new Set<Field>()
  const matches: [Field, Field][] = []
  for (const { g, p } of candidates) {
    if (usedGold.has(g) || usedPredicted.has(p)) continue
    usedGold.add(g)
    usedPredicted.add(p)
    matches.push([g, p])
  }
  return matches
}

/** Counts of one form, by the rules of design.md, "Scoring". */
export function scoreForm(goldForm: Scored, predictedForm: Scored): Score {
  const gold = fieldsOf(goldForm)
  const predicted = fieldsOf(predictedForm)
  const matches = match(gold, predicted)
  const count = (holds: (g: Field, p: Field) => boolean): number => matches.filter(([g, p]) => holds(g, p)).length
  const agrees = (g: Field, p: Field) => labelF1(g, p) >= MIN_LABEL_F1
  const sensitivityOf = (f: Field) => f.requirement.sensitivity ?? 'low'
  const strict = strictMatches(gold, predicted)
  const sameType = (g: Field, p: Field) => g.requirement.fieldType === p.requirement.fieldType
  const sameSensitivity = (g: Field, p: Field) => sensitivityOf(g) === sensitivityOf(p)
  const sameGroup = (g: Field, p: Field) => tokenF1(g.group, p.group) >= MIN_LABEL_F1
  const allRight = count((g, p) => agrees(g, p) && sameType(g, p) && sameSensitivity(g, p) && sameGroup(g, p))
  return {
    gold: gold.length,
    predicted: predicted.length,
    located: matches.length,
    matched: count(agrees),
    type: count(sameType),
    sensitivity: count(sameSensitivity),
    required: count((g, p) => g.requirement.required === p.requirement.required),
    group: count(sameGroup),
    strict,
    strictAllCorrect: gold.length === predicted.length && allRight === gold.length,
  }
}

/** The published figures' deterministic scorer: equal field name, else equal normalised label. */
function strictMatches(gold: Field[], predicted: Field[]): number {
  const names = new Map(predicted.map((p) => [p.requirement.fieldName, p]))
  const labels = new Map(predicted.map((p) => [normalised(p.requirement.label), p]))
  const used = new Set<Field>()
  let found = 0
  for (const g of gold) {
    const p = [names.get(g.requirement.fieldName), labels.get(normalised(g.requirement.label))].find(
      (candidate) => candidate && !used.has(candidate),
    )
    if (!p) continue
    used.add(p)
    found++
  }
  return found
}

const PARTS: Record<Metric, (s: Score) => [number, number]> = {
  recall: (s) => [s.matched, s.gold],
  precision: (s) => [s.matched, s.predicted],
  located: (s) => [s.located, s.gold],
  type: (s) => [s.type, s.located],
  group: (s) => [s.group, s.located],
  sensitivity: (s) => [s.sensitivity, s.located],
  required: (s) => [s.required, s.located],
  strict: (s) => [s.strict, s.gold],
}

/** A metric's share over forms (sum of counts over sum of counts). NaN-free: 0 when nothing was there to count. */
export function shareOf(metric: Metric, scores: Score[]): number {
  let hits = 0
  let all = 0
  for (const score of scores) {
    const [h, a] = PARTS[metric](score)
    hits += h
    all += a
  }
  return all === 0 ? 0 : hits / all
}

/** mulberry32, so that intervals are the same on every machine. */
function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function interval(values: number[]): { low: number; high: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  return { low: at(0.025), high: at(0.975) }
}

/** A statistic with its 95 % percentile bootstrap interval, the sample resampled with replacement by a fixed seed. */
export function bootstrap<T>(sample: T[], statistic: (resample: T[]) => number): Figure {
  const random = seeded(sample.length)
  const draws = Array.from({ length: RESAMPLES }, () => statistic(sample.map(() => sample[Math.floor(random() * sample.length)]!)))
  return { value: statistic(sample), ...interval(draws) }
}

/** Share with its 95 % interval over forms. */
export function figure(metric: Metric, scores: Score[]): Figure {
  return bootstrap(scores, (resample) => shareOf(metric, resample))
}

/** Paired difference a − b over the same forms, with its 95 % bootstrap interval. */
export function pairedDifference(metric: Metric, a: CaseResult[], b: CaseResult[]): Figure {
  const other = new Map(b.map((c) => [c.fixtureDigest, c.score]))
  const pairs = a.flatMap((c) => (other.has(c.fixtureDigest) ? [[c.score, other.get(c.fixtureDigest)!] as const] : []))
  const difference = (chosen: (readonly [Score, Score])[]) =>
    shareOf(
      metric,
      chosen.map((p) => p[0]),
    ) -
    shareOf(
      metric,
      chosen.map((p) => p[1]),
    )
  return bootstrap(pairs, difference)
}
