import { StoredCase } from '../../activities/evaluate/case.js'
import { canonicalJson, sha256 } from '../../activities/ports/digests.js'
import { readFolder } from '../../activities/ports/folders.js'
import type { ObjectStore } from '../../activities/ports/object-store.js'
import type { CaseResult, Evaluation } from '../../contracts/index.js'
import type { PastCode } from './commit-code.js'
import { compare, type Finding, fails, holds } from './finding.js'
import type { Subject } from './subject.js'

/** Dataset, base, adapters and evaluations are in the object store, every byte under its digest. */
export async function checkStore(store: ObjectStore, { entry, adapters, evaluations }: Subject): Promise<Finding[]> {
  const folders = [
    ['datasets', entry.dataset?.digest],
    ['bases', entry.base?.digest],
    ...adapters.map((digest) => ['adapters', digest] as const),
  ].filter((folder): folder is [string, string] => folder[1] !== undefined)
  return Promise.all([
    ...folders.map(([kind, digest]) => checkFolder(store, kind, digest)),
    ...evaluations.flatMap((evaluation) => (evaluation.digest ? [checkEvaluation(store, evaluation)] : [])),
  ])
}

const checkFolder = (store: ObjectStore, kind: string, digest: string): Promise<Finding> =>
  readFolder(store, `${kind}/${digest}/`, digest).then(
    (files) => holds('store', `${kind}/${digest.slice(0, 12)}: ${files.size} files under their digests`),
    (error: Error) => fails('store', error.message),
  )

async function checkEvaluation(store: ObjectStore, { digest, ...content }: Evaluation): Promise<Finding> {
  const key = `results/evaluations/${digest}.json`
  const object = await store.get(key)
  if (!object) return fails('store', `${key} is missing from the object store`)
  return compare('store', key, sha256(canonicalJson({ ...content, gates: [] })), sha256(object.bytes))
}

/** The leak that the page names is what the stored dataset and the forms of the run's commit give, by that commit's code. */
export async function checkLeak(store: ObjectStore, { entry: { dataset } }: Subject, code: PastCode): Promise<Finding[]> {
  if (!dataset?.leak) return []
  const files = await readFolder(store, `datasets/${dataset.digest}/`, dataset.digest)
  const texts = Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]))
  const paths = (await code.list('data/fine-tuning/extraction/fixtures')).filter((path) => path.endsWith('.json'))
  const fixtures = await Promise.all(paths.map(async (path) => JSON.parse((await code.read(path))!) as unknown))
  const again = await code.ask({ about: 'leak', dataset: texts, fixtures })
  return [compare('store', `the leak of the dataset into ${fixtures.length} evaluation forms, measured again`, again, dataset.leak)]
}

/** Each case is what was stored when it was measured, and scores the same again, by the code of the run's commit and against its gold. */
export async function checkCases(store: ObjectStore, { evaluations }: Subject, code: PastCode): Promise<Finding[]> {
  return Promise.all(evaluations.flatMap(({ cases }) => cases.map((one) => checkCase(store, one, code))))
}

async function checkCase(store: ObjectStore, one: CaseResult, code: PastCode): Promise<Finding> {
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
  const gold = await code.read(`data/fine-tuning/extraction/fixtures/${one.fixture}.json`)
  if (gold === null) return fails('cases', `${what}: the form's gold is not in the commit of the run's code`)
  const again = await code.ask({ about: 'case', fixture: JSON.parse(gold), result: parsed.result })
  if (again.fixtureDigest !== one.fixtureDigest)
    return fails('cases', `${what}: the form's gold in the commit of the run's code is another than was measured`)
  return compare('cases', `${what}: scored again`, again.score, one.score)
}
