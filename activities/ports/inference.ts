import { z } from 'zod'
import { AliasState, type Digest, ModelList } from '../../contracts/index.js'
import { outgoingHeaders } from '../../telemetry/work.js'

/** The admin side of the inference service. */
export interface InferenceAdmin {
  /** Loads an adapter under its digest, beside what is live. Loading it again is no error. */
  load(digest: Digest, uri: string): Promise<void>
  /** An adapter that is not loaded, or that an alias points to, stays as it is. */
  unload(digest: Digest): Promise<void>
  setAlias(alias: string, digest: Digest): Promise<void>
  alias(alias: string): Promise<AliasState>
  /** Moves the alias back to what it pointed to before. */
  rollback(alias: string): Promise<AliasState>
  /** Digest the alias points to; null when there is none. */
  live(alias: string): Promise<Digest | null>
  /** Resident memory of the service; null where it cannot be read. */
  memoryMiB(): Promise<number | null>
}

/** The service refused: the same request will not go better. */
export class AdminRefused extends Error {
  override readonly name = 'AdminRefused'
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

export interface HttpAdminOptions {
  url: string
  token?: string
  timeoutMs: number
}

/** One request to the service, and its answer's text. @throws AdminRefused when the same request will not go better */
export async function askAdmin(options: HttpAdminOptions, method: string, path: string, body?: unknown): Promise<string> {
  const answer = await fetch(`${options.url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...outgoingHeaders(),
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(options.timeoutMs),
  })
  const text = await answer.text()
  if (answer.ok) return text
  const message = `Inference service, ${method} ${path}: ${answer.status} ${text.slice(0, 500)}`
  if (answer.status < 500 && answer.status !== 429) throw new AdminRefused(answer.status, message)
  throw new Error(message)
}

/** `process_resident_memory_bytes` of a page in Prometheus' format, in MiB; null where it has none. */
export function residentMiB(metrics: string): number | null {
  const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]
  return bytes === undefined ? null : Number(bytes) / 2 ** 20
}

/** The inference service over HTTP. */
export class HttpInferenceAdmin implements InferenceAdmin {
  constructor(private readonly options: HttpAdminOptions) {}

  async load(digest: Digest, uri: string): Promise<void> {
    await this.call('POST', '/v1/load_lora_adapter', { lora_name: digest, lora_path: uri, sha256: digest })
  }

  async unload(digest: Digest): Promise<void> {
    const { data } = ModelList.parse(await this.call('GET', '/v1/models'))
    const model = data.find((one) => one.digest === digest || one.id === digest)
    if (!model || model.aliases.length > 0) return
    await this.call('POST', '/v1/unload_lora_adapter', { lora_name: digest })
  }

  async setAlias(alias: string, digest: Digest): Promise<void> {
    await this.call('PUT', `/v1/aliases/${encodeURIComponent(alias)}`, { digest })
  }

  async alias(alias: string): Promise<AliasState> {
    const all = z.array(AliasState).parse(await this.call('GET', '/v1/aliases'))
    return all.find((one) => one.alias === alias) ?? { alias, digest: null, previous: null, at: null }
  }

  async rollback(alias: string): Promise<AliasState> {
    return AliasState.parse(await this.call('POST', `/v1/aliases/${encodeURIComponent(alias)}/rollback`))
  }

  async live(alias: string): Promise<Digest | null> {
    return (await this.alias(alias)).digest
  }

  async memoryMiB(): Promise<number | null> {
    return residentMiB(await askAdmin(this.options, 'GET', '/metrics'))
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = await askAdmin(this.options, method, path, body)
    return text === '' ? {} : JSON.parse(text)
  }
}
