import { format } from 'node:util'
import { type Logger, LogLevel, WebClient } from '@slack/web-api'
import type { KnownBlock } from '@slack/types'
import type { Log } from '../../telemetry/logs.js'
import type { SlackMessage } from './message.js'

export interface SlackChannelOptions {
  token: string
  /** Channel id, such as `C0123456789`. */
  channel: string
  /** Absent: Slack's own. */
  apiUrl?: string
  log: Log
}

const TIMEOUT_MS = 10_000

/** Slack's library says in our log what it would print: requests that it sends again, limits that it waits for. */
const inOur = (log: Log): Logger => ({
  debug: () => undefined,
  info: () => undefined,
  warn: (...said) => log.warn(format(...said)),
  error: (...said) => log.error(format(...said)),
  setLevel: () => undefined,
  getLevel: () => LogLevel.WARN,
  setName: () => undefined,
})

/** The channel where quotes are shown, through Slack's own library. */
export class SlackChannel {
  private readonly web: WebClient

  constructor(private readonly options: SlackChannelOptions) {
    this.web = new WebClient(options.token, {
      ...(options.apiUrl ? { slackApiUrl: options.apiUrl } : {}),
      timeout: TIMEOUT_MS,
      logger: inOur(options.log),
      retryConfig: { retries: 3, minTimeout: 500, factor: 2 },
    })
  }

  /** Throws what Slack answers when it takes no message. */
  async post(message: SlackMessage): Promise<void> {
    await this.web.chat.postMessage({ channel: this.options.channel, text: message.text, blocks: message.blocks })
  }

  async say(text: string): Promise<void> {
    await this.web.chat.postMessage({ channel: this.options.channel, text })
  }

  async rewrite(at: { channel: string; ts: string }, message: { text: string; blocks: KnownBlock[] }): Promise<void> {
    await this.web.chat.update({ channel: at.channel, ts: at.ts, text: message.text, blocks: message.blocks })
  }
}
