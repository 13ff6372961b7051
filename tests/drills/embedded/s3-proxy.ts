import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to the next `times` requests that match. */
export interface S3Fault {
  method?: 'GET' | 'PUT' | 'HEAD'
  /** A part of the path. */
  path: string
  times: number
  /** Answered instead of the store's: 503, 409, 412. `after`: the store has done it, and only the answer is lost. */
  status?: number
  after?: boolean
  /** Held back for so long. */
  delayMs?: number
  /** Cuts the body in the middle. */
  cut?: boolean
}

const CODES: Record<number, string> = { 409: 'ConditionalRequestConflict', 412: 'PreconditionFailed', 503: 'SlowDown' }

/** An order, and how many requests it has struck so far. */
type Ordered = S3Fault & { struck: number }

/** Stands between the platform and its object store, and does to requests what a drill orders. Signatures stay whole: the host header goes through. */
export class S3Proxy {
  private readonly faults: Ordered[] = []
  private target: number | undefined
  private portsFile = ''

  private constructor(private readonly server: Server) {}

  static async start(): Promise<S3Proxy> {
    const server = createServer()
    const proxy = new S3Proxy(server)
    server.on('request', (incoming, answer) => void proxy.serve(incoming, answer))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The store's port, from the file in which the platform keeps its ports. */
  forwardBy(portsFile: string): void {
    this.portsFile = portsFile
  }

  private port(): number {
    this.target ??= (JSON.parse(readFileSync(this.portsFile, 'utf8')) as { s3: number }).s3
    return this.target
  }

  order(fault: S3Fault): Ordered {
    const ordered = { ...fault, struck: 0 }
    this.faults.push(ordered)
    return ordered
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private take(incoming: IncomingMessage): S3Fault | undefined {
    const fault = this.faults.find(
      (one) => (!one.method || one.method === incoming.method) && decodeURIComponent(incoming.url ?? '').includes(one.path),
    )
    if (!fault) return undefined
    fault.struck++
    if (fault.struck >= fault.times) this.faults.splice(this.faults.indexOf(fault), 1)
    return fault
  }

  private async serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.take(incoming)
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    if (fault?.status && !fault.after) {
      incoming.resume()
      this.refuse(answer, fault.status)
      return
    }
    const forwarded = request({
      host: '127.0.0.1',
      port: this.port(),
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    })
    forwarded.on('error', () => answer.destroy())
    incoming.on('error', () => forwarded.destroy())
    forwarded.on('response', (response) => {
      if (fault?.status) {
        response.resume()
        this.refuse(answer, fault.status)
        return
      }
      answer.writeHead(response.statusCode ?? 502, response.headers)
      if (fault?.cut) response.once('data', (chunk: Buffer) => answer.write(chunk.subarray(0, chunk.length >> 1), () => answer.destroy()))
      else response.pipe(answer)
    })
    incoming.pipe(forwarded)
  }

  private refuse(answer: ServerResponse, status: number): void {
    const code = CODES[status] ?? 'InternalError'
    answer.writeHead(status, { 'content-type': 'application/xml', connection: 'close' })
    answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>ordered by a drill</Message></Error>`)
  }
}
