import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Call } from './questions.js'

export interface Recorder {
  url: string
  calls: Call[]
  close(): Promise<void>
}

/** Passes requests on to a server and keeps what was asked. The Host header stays, since it is signed. */
export async function record(service: Call['service'], target: string): Promise<Recorder> {
  const calls: Call[] = []
  const to = new URL(target)
  const server = createServer((asked, answer) => {
    const chunks: Buffer[] = []
    const onward = request({ host: to.hostname, port: to.port, method: asked.method, path: asked.url, headers: asked.headers }, (given) => {
      answer.writeHead(given.statusCode!, given.headers)
      given.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.on('data', (chunk: Buffer) => chunks.push(chunk))
    asked.on('end', () => {
      const body = service === 'ec2' ? Buffer.concat(chunks).toString('utf8') : ''
      calls.push({ service, method: asked.method!, url: asked.url!, headers: asked.headers, body })
    })
    asked.pipe(onward)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
