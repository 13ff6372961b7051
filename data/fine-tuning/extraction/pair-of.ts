import { createHash } from 'node:crypto'
import type { AuthoredForm, Pair } from '../../../contracts/index.js'
import { describeForm } from '../../../extraction/describe/index.js'
import { renderForm } from './render/index.js'

/** Renders a form in one layout and reads it back: the pair is description → spec. */
export async function pairOf(form: AuthoredForm, seed: number, split: 'train' | 'eval'): Promise<{ pair: Pair; pdf: Uint8Array }> {
  const { pdf, spec, fieldMapping } = await renderForm(form, seed)
  const digest = createHash('sha256').update(pdf).digest('hex')
  const description = await describeForm(pdf)
  const provenance = { source: 'authored' as const, form: form.id, layoutSeed: seed, pdf: digest }
  return {
    pair: {
      id: `${form.id}.${seed}`,
      family: form.family,
      kind: form.kind,
      split,
      provenance,
      review: form.review,
      description,
      spec,
      fieldMapping,
    },
    pdf,
  }
}
