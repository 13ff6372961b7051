import type { Clock } from '../ports/clock.js'
import type { Provider } from './types.js'

/** Least time between the beginnings of two requests. */
const INTERVALS_MS: Record<Provider, number> = {
  inference: 0,
  local: 0,
  anthropic: 1_200, // 50 requests a minute, the least that Anthropic grants
}
/** A longer wait is a durable timer's, not a worker's. */
const PATIENCE_MS = 5_000

/** The provider takes no request for so long; whoever asks comes back then. */
export class ProviderBusy extends Error {
  override readonly name = 'ProviderBusy'
  constructor(
    readonly provider: Provider,
    readonly retryAfterMs: number,
  ) {
    super(`${provider} takes no request for another ${Math.ceil(retryAfterMs / 1000)} s`)
  }
}

/** One rate for each provider, whoever asks: the requests of all lanes keep their distance, and one that is told to wait speaks for all. */
export class ProviderLimits {
  private readonly freeAt = new Map<Provider, number>()

  constructor(
    private readonly clock: Clock,
    private readonly intervals = INTERVALS_MS,
  ) {}

  /** Waits for a place. @throws ProviderBusy when there is none soon */
  async turn(provider: Provider, signal?: AbortSignal): Promise<void> {
    const now = this.clock.now()
    const at = Math.max(now, this.freeAt.get(provider) ?? 0)
    if (at - now > PATIENCE_MS) throw new ProviderBusy(provider, at - now)
    this.freeAt.set(provider, at + this.intervals[provider])
    if (at > now) await this.clock.sleep(at - now, signal)
  }

  /** The provider said when to come back. */
  pause(provider: Provider, ms: number): void {
    this.freeAt.set(provider, Math.max(this.freeAt.get(provider) ?? 0, this.clock.now() + ms))
  }
}
