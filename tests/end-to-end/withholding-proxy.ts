import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PortName } from '../../infra/local/ports.js'

interface Order {
  method: string
  path: RegExp
  done(): void
}

/** Stands before a server of the platform. On order it lets a request take effect and keeps the answer to itself: the worst moment to die at. */
export class WithholdingProxy {
  private readonly orders: Order[] = []

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
  ) {}

  /** @param portsFile where the platform will keep its ports */
  static async before(name: PortName, portsFile: string): Promise<WithholdingProxy> {
    const server = createServer()
    const target = () => (JSON.parse(readFileSync(portsFile, 'utf8')) as Record<PortName, number>)[name]
    const proxy = new WithholdingProxy(server, target)
    server.on('request', (incoming, answer) => proxy.serve(incoming, answer))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Resolves once the next such request has taken effect. Whoever sent it never hears of that. */
  withhold(method: string, path: RegExp): Promise<void> {
    return new Promise((done) => this.orders.push({ method, path, done }))
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private take({ method, url }: IncomingMessage): Order | undefined {
    const at = this.orders.findIndex((order) => order.method === method && order.path.test(url ?? ''))
    return at < 0 ? undefined : this.orders.splice(at, 1)[0]
  }

  private serve(incoming: IncomingMessage, answer: ServerResponse): void {
    const order = this.take(incoming)
    const { method, url: path, headers } = incoming
    // The host goes through as it is: signatures cover it.
    const forwarded = request({ host: '127.0.0.1', port: this.target(), method, path, headers })
    forwarded.on('error', () => answer.destroy())
    incoming.on('error', () => forwarded.destroy())
    forwarded.on('response', (response) => {
      if (order) return void response.resume().once('end', order.done)
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    incoming.pipe(forwarded)
  }
}
