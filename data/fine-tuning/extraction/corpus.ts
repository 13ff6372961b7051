import { join } from 'node:path'
import type { AuthoredForm, Pair } from '../../../contracts/index.js'
import { composeForms } from './compose/index.js'
import { loadForms, loadSplit } from './load.js'
import { pairOf } from './pair-of.js'

/** Layouts of each form in the full corpus: hand-written forms carry the most varied text, so they are shown most often. */
export const LAYOUTS = { hand: 4, composed: 1 } as const

/** Every authored form that may be trained on: hand-written ones of the train split, then the composed ones. */
export async function trainForms(dir: string): Promise<AuthoredForm[]> {
  const held = new Set((await loadSplit(dir)).eval)
  const hand = (await loadForms(join(dir, 'forms'))).filter((f) => !held.has(f.family) && f.review.state === 'checked')
  return [...hand, ...(await composeForms(dir))]
}

/** The layouts that are not committed as pairs: rendered and described now. */
export async function corpusPairs(dir: string, committed: Pair[] = [], onPair?: (done: number, total: number) => void): Promise<Pair[]> {
  const have = new Set(committed.map((p) => p.id))
  const wanted = (await trainForms(dir))
    .flatMap((form) => Array.from({ length: LAYOUTS[form.origin] }, (_, i) => ({ form, seed: i + 1 })))
    .filter(({ form, seed }) => !have.has(`${form.id}.${seed}`))
  const pairs: Pair[] = []
  for (const { form, seed } of wanted) {
    pairs.push((await pairOf(form, seed, 'train')).pair)
    onPair?.(pairs.length, wanted.length)
  }
  return pairs
}
