import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { canonicalJson, sha256 } from '../activities/ports/digests.js'

/** Packages that the instance's program consists of, by their folder in the repository. */
const PACKAGES = ['training/formwright_training', 'contracts/python/formwright_contracts']
const isProgram = (path: string): boolean =>
  path.endsWith('.py') && !/(^|\/)(test_[^/]*|conftest\.py)$/.test(path) && !path.includes('__pycache__')

/** The training program as training.tar.gz with its manifest. The same sources give the same bytes: no times, no owners, sorted. */
export async function trainingBundle(root: string): Promise<Map<string, Uint8Array>> {
  const tar = pack()
  for (const folder of PACKAGES) {
    const base = folder.split('/').at(-1)!
    const paths = (await readdir(join(root, folder), { recursive: true })).filter(isProgram).sort()
    if (paths.length === 0) throw new Error(`${folder} has no Python files: the training program is not here`)
    for (const path of paths)
      tar.entry({ name: `${base}/${path}`, mtime: new Date(0), mode: 0o644 }, await readFile(join(root, folder, path)))
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  const archive = gzipSync(Buffer.concat(chunks))
  const manifest = { files: [{ path: 'training.tar.gz', sha256: sha256(archive), bytes: archive.byteLength }] }
  return new Map([
    ['training.tar.gz', archive],
    ['manifest.json', Buffer.from(canonicalJson(manifest))],
  ])
}
