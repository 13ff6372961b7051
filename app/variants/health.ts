import Anthropic from '@anthropic-ai/sdk'
import { ModelList, type Settings, VARIANT_IDS, type VariantId } from '../../contracts/index.js'

const TIMEOUT_MS = 3000
/** Asking an API at each look at the page would be rude. */
const API_KEPT_MS = 60_000
const ADAPTER = 'lora-v1'

/** Whether a variant can run here now, and what says so. */
export interface Health {
  canRun: boolean
  text: string
  /** Digest of the adapter that is live. */
  live?: string
}
export type HealthOf = Record<VariantId, Health>

async function loraHealth({ FORMWRIGHT_INFERENCE_URL: url, FORMWRIGHT_INFERENCE_TOKEN: token }: Settings): Promise<Health> {
  const headers = token ? { authorization: `Bearer ${token}` } : undefined
  const response = await fetch(new URL('/v1/models', url), { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined)
  if (!response) return { canRun: false, text: 'The inference service is away. Start it with npm start.' }
  if (!response.ok) return { canRun: false, text: `The inference service answers ${response.status}. Its log is in .formwright/logs.` }
  const models = ModelList.safeParse(await response.json().catch(() => undefined))
  if (!models.success) return { canRun: false, text: 'The inference service sends a list of models that is not one.' }
  const live = models.data.data.find((m) => m.aliases.includes(ADAPTER))
  if (!live) return { canRun: false, text: 'No adapter is live yet. A run of fineTuneExtraction that is promoted makes one.' }
  const digest = live.digest ?? live.id
  return { canRun: true, text: `Ready; adapter ${digest.slice(0, 12)} is live.`, live: digest }
}

async function apiHealth({ ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseURL }: Settings): Promise<Health> {
  if (!apiKey) return { canRun: false, text: 'No key: set ANTHROPIC_API_KEY before npm start.' }
  try {
    const client = new Anthropic({ apiKey, ...(baseURL ? { baseURL } : {}), timeout: TIMEOUT_MS, maxRetries: 0 })
    await client.models.list({ limit: 1 })
    return { canRun: true, text: 'Ready; the key is accepted. Each form costs money.' }
  } catch (error) {
    if (error instanceof Anthropic.AuthenticationError) return { canRun: false, text: 'The API refuses the key in ANTHROPIC_API_KEY.' }
    if (error instanceof Anthropic.APIConnectionError) return { canRun: false, text: 'The API cannot be reached from here.' }
    if (error instanceof Anthropic.APIError) return { canRun: false, text: `The API answers ${error.status}.` }
    throw error
  }
}

/** Asks each variant's service how it is. */
export class HealthCheck {
  private api: { at: number; health: Promise<Health> } | undefined

  constructor(private readonly settings: Settings) {}

  async all(): Promise<HealthOf> {
    const health = await Promise.all(VARIANT_IDS.map(async (id) => [id, await this.of(id)] as const))
    return Object.fromEntries(health) as HealthOf
  }

  async of(id: VariantId): Promise<Health> {
    switch (id) {
      case 'extraction/rules-v1':
        return { canRun: true, text: 'Ready; needs no service.' }
      case 'extraction/lora-v1':
        return loraHealth(this.settings)
      default:
        if (!this.api || Date.now() - this.api.at > API_KEPT_MS) this.api = { at: Date.now(), health: apiHealth(this.settings) }
        return this.api.health
    }
  }
}
