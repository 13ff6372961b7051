import { ADAPTER_HEADER, type CompletionRequest, CompletionResponse } from '../../contracts/index.js'
import type { OwnService } from '../inference-service.js'

/** One answered or refused request. */
export interface Asked {
  status: number
  seconds: number
  adapter: string
  texts: string[]
  retryAfter: string | null
}

/** As a client without retries, so that every refusal is seen; a lost connection is status 0. */
export async function askOnce(service: OwnService, request: CompletionRequest): Promise<Asked> {
  const started = performance.now()
  const lost = { status: 0, adapter: '', texts: [], retryAfter: null }
  try {
    const response = await fetch(new URL('/v1/completions', service.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
      body: JSON.stringify(request),
    })
    const body: unknown = await response.json()
    return {
      status: response.status,
      seconds: (performance.now() - started) / 1000,
      adapter: response.headers.get(ADAPTER_HEADER) ?? '',
      texts: response.ok ? CompletionResponse.parse(body).choices.map((choice) => choice.text) : [],
      retryAfter: response.headers.get('retry-after'),
    }
  } catch {
    return { ...lost, seconds: (performance.now() - started) / 1000 }
  }
}

/** So many clients, each asking the next request as soon as its last is answered, while `more` says so. */
export async function askAll(
  service: OwnService,
  clients: number,
  request: (turn: number) => CompletionRequest,
  more: (turn: number) => boolean,
  onAnswer: (asked: Asked) => void = () => undefined,
): Promise<Asked[]> {
  const all: Asked[] = []
  let turn = 0
  const client = async () => {
    while (more(turn)) {
      const asked = await askOnce(service, request(turn++))
      all.push(asked)
      onAnswer(asked)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return all
}

export async function admin(service: OwnService, method: string, path: string, body?: object): Promise<number> {
  const started = performance.now()
  const response = await fetch(new URL(path, service.url), {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${service.adminToken}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (performance.now() - started) / 1000
}

/** A value of the service's metrics. */
export async function metric(service: OwnService, name: string): Promise<number> {
  const response = await fetch(new URL('/metrics', service.url), { headers: { authorization: `Bearer ${service.token}` } })
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await response.text())?.[1])
}

/** Samples the service's memory until it is stopped; the most it was. */
export function watchMemory(service: OwnService): { stop(): Promise<number> } {
  let [most, watching] = [0, true]
  const watched = (async () => {
    while (watching) {
      most = Math.max(most, await metric(service, 'process_resident_memory_bytes').catch(() => 0))
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  })()
  return {
    async stop() {
      watching = false
      await watched
      return most
    },
  }
}
