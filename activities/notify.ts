import { outgoingHeaders } from '../telemetry/work.js'
import type { NotifyActivities, QuoteNotice, RunNotice } from './types.js'

/** Tells people about a run. Throws when nobody could be told; the workflow goes on without. */
export interface Notifier {
  quote(notice: QuoteNotice): Promise<void>
  run(notice: RunNotice): Promise<void>
}

/** Where nobody asked to be told: the Web UI, the app and the CLI show the same. */
export const silentNotifier: Notifier = { quote: async () => undefined, run: async () => undefined }

/** Hands notices to the gateway, which owns Slack. */
export class GatewayNotifier implements Notifier {
  constructor(private readonly options: { url: string; token?: string }) {}

  quote(notice: QuoteNotice): Promise<void> {
    return this.post('/notices/quote', notice)
  }

  run(notice: RunNotice): Promise<void> {
    return this.post('/notices/run', notice)
  }

  private async post(path: string, body: unknown): Promise<void> {
    const answer = await fetch(`${this.options.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.options.token ? { authorization: `Bearer ${this.options.token}` } : {}),
        ...outgoingHeaders(),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    if (!answer.ok) throw new Error(`Gateway, POST ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`)
  }
}

export const createNotifyActivities = (notifier: Notifier): NotifyActivities => ({
  notifyQuote: (notice) => notifier.quote(notice),
  notifyRun: (notice) => notifier.run(notice),
})
