import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface SlackCall {
  method: string
  token: string | undefined
  args: Record<string, unknown>
}

/** A local server that speaks the part of Slack's Web API that we use, and remembers what it was asked. */
export class SlackApi {
  readonly calls: SlackCall[] = []
  /** Answers to give before the usual one, such as a rate limit. */
  readonly next: Response[] = []
  private readonly server
  private changed: (() => void)[] = []

  constructor() {
    const app = new Hono()
    app.post('/api/:method', async (c) => {
      const form = new URLSearchParams(await c.req.text())
      const args = Object.fromEntries([...form].map(([name, value]) => [name, name === 'blocks' ? JSON.parse(value) : value]))
      const planned = this.next.shift()
      if (planned) return planned
      const method = c.req.param('method')
      this.calls.push({ method, token: c.req.header('authorization')?.replace('Bearer ', '') ?? String(args.token ?? ''), args })
      for (const tell of this.changed.splice(0)) tell()
      if (method !== 'chat.postMessage' && method !== 'chat.update') return c.json({ ok: false, error: 'unknown_method' })
      if (!args.channel) return c.json({ ok: false, error: 'channel_not_found' })
      return c.json({ ok: true, channel: args.channel, ts: args.ts ?? `17000000${this.calls.length}.000100`, message: args })
    })
    this.server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  }

  async url(): Promise<string> {
    if (!this.server.listening) await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/`
  }

  /** The n-th call of a method, counted from 1, when it has come. */
  async call(method: string, n = 1): Promise<SlackCall> {
    for (;;) {
      const found = this.calls.filter((c) => c.method === method)[n - 1]
      if (found) return found
      await new Promise<void>((resolve) => this.changed.push(resolve))
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()))
  }
}
