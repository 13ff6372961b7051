import { z } from 'zod'
import { CaseResult, ExtractionResult, type Fixture } from '../../contracts/index.js'
import type { Extractor } from '../../extraction/extractor.js'
import { scoreForm } from '../../extraction/score.js'
import { canonicalJson, sha256 } from '../ports/digests.js'
import { DigestMismatch, type ObjectStore } from '../ports/object-store.js'
import type { CaseInput, Provider } from './types.js'

/** A measured case with the extraction that it was scored from, so that anyone can score it again. */
export const StoredCase = z.object({ case: CaseResult.omit({ stored: true }), result: ExtractionResult })
export type StoredCase = z.infer<typeof StoredCase>

/** The answer came from another adapter than the one that was asked: the service was changed meanwhile. */
export class WrongAdapter extends Error {
  override readonly name = 'WrongAdapter'
}

/** `results/<code>/<variant digest>/<fixture digest>.json`: other code, other answers. */
export const caseKey = (code: string, { variant, fixture }: CaseInput): string =>
  `results/${code.slice(0, 16)}/${variant.variantDigest}/${fixture.digest}.json`

export interface CaseContext {
  signal?: AbortSignal
  onWindow?(done: number, total: number): void
}

export interface CasePorts {
  store: ObjectStore
  code: string
  fixture(id: string): Promise<{ fixture: Fixture; pdf: Uint8Array }>
  extractor(input: CaseInput): Promise<Extractor>
  /** Waits until the provider may be asked. */
  turn?(provider: Provider, signal?: AbortSignal): Promise<void>
}

/** Measures one variant on one form, or answers with what was measured before. */
export async function evaluateCase(ports: CasePorts, input: CaseInput, context: CaseContext = {}): Promise<CaseResult> {
  const key = caseKey(ports.code, input)
  const known = await readCase(ports.store, key)
  if (known) return known
  const { fixture, pdf } = await ports.fixture(input.fixture.id)
  const extractor = await ports.extractor(input)
  await ports.turn?.(input.variant.provider, context.signal)
  const result = await extractor.extract(pdf, context)
  const { adapter } = result.provenance
  if (input.variant.provider === 'inference' && adapter !== expectedAdapter(input))
    throw new WrongAdapter(`Asked for ${input.variant.model}, the service answered with ${adapter ?? 'no name'}`)
  const measured: StoredCase = { case: scored(input, fixture, result), result }
  const bytes = Buffer.from(canonicalJson(measured))
  await ports.store.create(key, { bytes }).catch((error: unknown) => {
    // Somebody measured the same at the same time: theirs counts, since it is there.
    if (!(error instanceof DigestMismatch)) throw error
  })
  return (await readCase(ports.store, key))!
}

const expectedAdapter = ({ variant }: CaseInput): string => (variant.role === 'base' ? 'base' : variant.variantDigest)

function scored(input: CaseInput, fixture: Fixture, result: ExtractionResult): StoredCase['case'] {
  const { seconds, tokens, dollars, unparseable } = result.provenance
  return {
    variant: input.variant.variant,
    variantDigest: input.variant.variantDigest,
    fixture: input.fixture.id,
    fixtureDigest: input.fixture.digest,
    score: scoreForm(fixture, result),
    seconds,
    tokens,
    dollars,
    unparseable,
    error: null,
  }
}

async function readCase(store: ObjectStore, key: string): Promise<CaseResult | null> {
  const object = await store.get(key)
  if (!object) return null
  const parsed = StoredCase.parse(JSON.parse(Buffer.from(object.bytes).toString('utf8')))
  return { ...parsed.case, stored: { key, sha256: sha256(object.bytes) } }
}
