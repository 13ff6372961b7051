import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AliasState, type Digest, vllmAlias } from '../../contracts/index.js'
import { readFolder } from './folders.js'
import { AdminRefused, askAdmin, type HttpAdminOptions, type InferenceAdmin, residentMiB } from './inference.js'
import { keyOf, type ObjectStore } from './object-store.js'

export interface VllmAdminOptions extends HttpAdminOptions {
  store: ObjectStore
  /** Folder that vLLM reads too, under the same path: adapters by digest, and `aliases.json`. */
  adapters: string
}

const Models = z.object({ data: z.array(z.object({ id: z.string() })) })

/**
 * A vLLM server as the place that adapters are served from. It knows neither digests nor aliases, loads from its own
 * disk, and forgets what was loaded when it restarts: digests are checked and aliases kept here. Weights are never
 * loaded in place of others: vLLM's prefix cache goes by names, and would answer from the old ones.
 */
export class VllmAdmin implements InferenceAdmin {
  constructor(private readonly options: VllmAdminOptions) {}

  async load(digest: Digest, uri: string): Promise<void> {
    await this.fetch(digest, uri)
    await this.serve(digest, digest)
  }

  async unload(digest: Digest): Promise<void> {
    const aliases = await this.aliases()
    if (aliases.some((one) => one.digest === digest)) return
    await this.drop(digest)
  }

  /** Written down first, so that one who was stopped on the way goes on to the same end. */
  async setAlias(alias: string, digest: Digest): Promise<void> {
    const before = await this.alias(alias)
    if (before.digest !== digest) await this.write({ alias, digest, previous: before.digest, at: new Date().toISOString() })
    await this.point(alias, digest)
  }

  async alias(alias: string): Promise<AliasState> {
    return (await this.aliases()).find((one) => one.alias === alias) ?? { alias, digest: null, previous: null, at: null }
  }

  async rollback(alias: string): Promise<AliasState> {
    const { previous } = await this.alias(alias)
    if (!previous) throw new AdminRefused(409, `Alias ${alias} has nothing to go back to`)
    await this.setAlias(alias, previous)
    return this.alias(alias)
  }

  /** Also loads again what an alias points to when the server has been restarted. */
  async live(alias: string): Promise<Digest | null> {
    const { digest } = await this.alias(alias)
    if (digest) await this.point(alias, digest)
    return digest
  }

  async memoryMiB(): Promise<number | null> {
    return residentMiB(await askAdmin(this.options, 'GET', '/metrics'))
  }

  private async point(alias: string, digest: Digest): Promise<void> {
    await this.serve(digest, digest)
    const name = vllmAlias(alias, digest)
    await this.serve(name, digest)
    const others = (await this.served()).filter((id) => id.startsWith(vllmAlias(alias, '')) && id !== name)
    for (const other of others) await this.drop(other)
  }

  private async served(): Promise<string[]> {
    return Models.parse(JSON.parse(await askAdmin(this.options, 'GET', '/v1/models'))).data.map(({ id }) => id)
  }

  private async serve(name: string, digest: Digest): Promise<void> {
    if ((await this.served()).includes(name)) return
    const body = { lora_name: name, lora_path: join(this.options.adapters, digest) }
    await askAdmin(this.options, 'POST', '/v1/load_lora_adapter', body).catch((error: unknown) => {
      // Somebody else has just done it.
      if (!(error instanceof AdminRefused && error.message.includes('already been loaded'))) throw error
    })
  }

  private async drop(name: string): Promise<void> {
    if (!(await this.served()).includes(name)) return
    await askAdmin(this.options, 'POST', '/v1/unload_lora_adapter', { lora_name: name }).catch((error: unknown) => {
      if (!(error instanceof AdminRefused && error.status === 404)) throw error
    })
  }

  /** The adapter's folder, every byte checked, whole or not at all. A folder that is there is read again and checked. */
  private async fetch(digest: Digest, uri: string): Promise<void> {
    const { store, adapters } = this.options
    const files = await readFolder(store, keyOf(store, uri), digest)
    if (await this.isWhole(digest, files)) return
    await mkdir(adapters, { recursive: true })
    const partial = await mkdtemp(join(adapters, '.partial-'))
    await chmod(partial, 0o755)
    try {
      for (const [path, bytes] of files) {
        await mkdir(dirname(join(partial, path)), { recursive: true })
        await writeFile(join(partial, path), bytes)
      }
      await rm(join(adapters, digest), { recursive: true, force: true })
      await rename(partial, join(adapters, digest))
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
  }

  private async isWhole(digest: Digest, files: Map<string, Uint8Array>): Promise<boolean> {
    for (const [path, bytes] of files) {
      const found = await readFile(join(this.options.adapters, digest, path)).catch(() => null)
      if (!found?.equals(bytes)) return false
    }
    return true
  }

  private get file(): string {
    return join(this.options.adapters, 'aliases.json')
  }

  private async aliases(): Promise<AliasState[]> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]'
      throw error
    })
    return z.array(AliasState).parse(JSON.parse(text))
  }

  private async write(state: AliasState): Promise<void> {
    const others = (await this.aliases()).filter((one) => one.alias !== state.alias)
    await mkdir(this.options.adapters, { recursive: true })
    await writeFile(`${this.file}.new`, `${JSON.stringify([...others, state], null, 1)}\n`)
    await rename(`${this.file}.new`, this.file)
  }
}
