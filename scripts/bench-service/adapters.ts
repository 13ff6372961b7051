import { createHash } from 'node:crypto'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AdapterManifest } from '../../contracts/index.js'
import { SHIPPED_ADAPTER } from '../../infra/local/layout.js'
import { type OwnService, stage } from '../inference-service.js'
import { admin } from './clients.js'

/** The shipped adapter at a third of its strength: another digest that answers differently. */
async function weaker(folder: string): Promise<string> {
  await cp(SHIPPED_ADAPTER, folder, { recursive: true })
  const path = join(folder, 'adapter_config.json')
  const config = JSON.parse(await readFile(path, 'utf8')) as { lora_alpha: number }
  const content = JSON.stringify({ ...config, lora_alpha: config.lora_alpha / 3 })
  await writeFile(path, content)
  const manifest = AdapterManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
  const sha256 = createHash('sha256').update(content).digest('hex')
  const files = manifest.files.map((file) => (file.path === 'adapter_config.json' ? { ...file, sha256, bytes: content.length } : file))
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, files }))
  return folder
}

/** Loads an adapter that was staged; the seconds that it took. */
export const load = (service: OwnService, sha256: string, state: string): Promise<number> =>
  admin(service, 'POST', '/v1/load_lora_adapter', { lora_name: sha256, lora_path: `file://${resolve(state, 'adapters', sha256)}`, sha256 })

/** Loads two adapters that answer differently, and points `lora-v1` to the second, then to the first. */
export async function loadTwo(service: OwnService, state: string): Promise<[string, string]> {
  const digests: string[] = []
  for (const folder of [SHIPPED_ADAPTER, await weaker(join(state, 'weaker'))]) {
    const { sha256 } = await stage(folder, state)
    await load(service, sha256, state)
    digests.push(sha256)
  }
  const [one, other] = digests as [string, string]
  await point(service, other)
  await point(service, one)
  return [one, other]
}

export const point = (service: OwnService, digest: string): Promise<number> => admin(service, 'PUT', '/v1/aliases/lora-v1', { digest })
