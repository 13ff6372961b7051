import { StoredCase } from '../../activities/evaluate/case.js'
import { canonicalJson, digestOf, sha256 } from '../../activities/ports/digests.js'
import { readFolder } from '../../activities/ports/folders.js'
import type { ObjectStore } from '../../activities/ports/object-store.js'
import { type CaseResult, type CatalogEntry, Fixture } from '../../contracts/index.js'
import { scoreForm } from '../../extraction/score.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { PageSource } from './source.js'

/** Dataset, base, adapter and evaluation are in the object store, every byte under its digest. */
export async function checkStore(store: ObjectStore, entry: CatalogEntry): Promise<Finding[]> {
  const folders = { datasets: entry.dataset?.digest, bases: entry.base?.digest, adapters: entry.candidate }
  const findings: Finding[] = []
  for (const [kind, digest] of Object.entries(folders)) {
    if (!digest) continue
    findings.push(
      await readFolder(store, `${kind}/${digest}/`, digest).then(
        (files) => holds('store', `${kind}/${digest.slice(0, 12)}: ${files.size} files under their digests`),
        (error: Error) => fails('store', error.message),
      ),
    )
  }
  const { evaluation } = entry
  if (evaluation?.digest) {
    const key = `results/evaluations/${evaluation.digest}.json`
    const object = await store.get(key)
    const { digest: _, ...content } = evaluation
    const expected = sha256(canonicalJson({ ...content, gates: [] }))
    findings.push(
      object ? compare('store', key, expected, sha256(object.bytes)) : fails('store', `${key} is missing from the object store`),
    )
  }
  return findings
}

/** Each case is what was stored when it was measured, and scores the same again against the gold of the page's own revision. */
export async function checkCases(store: ObjectStore, source: PageSource, entry: CatalogEntry): Promise<Finding[]> {
  return Promise.all((entry.evaluation?.cases ?? []).map((one) => checkCase(store, source, one)))
}

async function checkCase(store: ObjectStore, source: PageSource, one: CaseResult): Promise<Finding> {
  const { stored, ...content } = one
  const what = `${one.variant} (${one.variantDigest.slice(0, 12)}) on ${one.fixture}`
  if (!stored)
    return one.error ? holds('cases', `${what}: failed, so nothing was stored`) : fails('cases', `${what}: no stored case is named`)
  const object = await store.get(stored.key)
  if (!object) return fails('cases', `${what}: ${stored.key} is missing from the object store`)
  if (sha256(object.bytes) !== stored.sha256) return fails('cases', `${what}: ${stored.key} was changed after it was measured`)
  const parsed = StoredCase.parse(JSON.parse(Buffer.from(object.bytes).toString('utf8')))
  const same = compare('cases', what, parsed.case, content)
  if (!same.holds) return same
  const gold = await source.read(`data/fine-tuning/extraction/fixtures/${one.fixture}.json`)
  if (gold === null) return fails('cases', `${what}: the form's gold is not at the page's revision`)
  const fixture = Fixture.parse(JSON.parse(gold))
  if (digestOf(fixture) !== one.fixtureDigest)
    return fails('cases', `${what}: the form's gold at the page's revision is another than was measured`)
  return compare('cases', `${what}: scored again`, scoreForm(fixture, parsed.result), one.score)
}
