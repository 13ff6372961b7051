import { createServer } from 'node:net'
import { z } from 'zod'
import { readJson, writeWhole } from './files.js'

/** Usual ports. `weed…` also need the port 10,000 above, for gRPC. */
export const USUAL_PORTS = {
  site: 8080,
  temporal: 7233,
  temporalUi: 8233,
  s3: 8333,
  weedMaster: 9333,
  weedVolume: 9340,
  weedFiler: 8888,
  weedAdmin: 23646,
  ec2: 8335,
  inference: 8090,
  worker: 8093,
  app: 8091,
  gateway: 8092,
  workerMetrics: 8094,
  appMetrics: 8095,
  gatewayMetrics: 8096,
} as const
export type PortName = keyof typeof USUAL_PORTS
export type Ports = Record<PortName, number>

const WITH_GRPC = new Set<PortName>(['s3', 'weedMaster', 'weedVolume', 'weedFiler', 'weedAdmin'])
const GRPC_OFFSET = 10_000
const Saved = z.partialRecord(z.enum(Object.keys(USUAL_PORTS) as [PortName, ...PortName[]]), z.int())

/** Whether a server on loopback could take the port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

const usable = async (name: PortName, port: number): Promise<boolean> =>
  (await isFree(port)) && (!WITH_GRPC.has(name) || (port + GRPC_OFFSET < 65_536 && (await isFree(port + GRPC_OFFSET))))

/** Ports below 32,768 are outside Linux's ephemeral range, so that no outgoing connection takes one meanwhile. */
const randomPort = (): number => 10_000 + Math.floor(Math.random() * 12_000)

/**
 * A free port for each server: the one of the last start, else the usual one, else a random one.
 * Kept in `file`, so that a second start has the same addresses. `random` skips the usual ones.
 */
export async function choosePorts(file: string, { random = false } = {}): Promise<Ports> {
  const saved = (await readJson(file, Saved)) ?? {}
  const taken = new Set<number>()
  const chosen = {} as Ports
  for (const name of Object.keys(USUAL_PORTS) as PortName[]) {
    const wanted = [saved[name], random ? undefined : USUAL_PORTS[name]].filter((p) => p !== undefined)
    while (chosen[name] === undefined) {
      const port = wanted.shift() ?? randomPort()
      const both = WITH_GRPC.has(name) ? [port, port + GRPC_OFFSET] : [port]
      if (both.some((p) => taken.has(p)) || !(await usable(name, port))) continue
      for (const p of both) taken.add(p)
      chosen[name] = port
    }
  }
  await writeWhole(file, JSON.stringify(chosen, null, 1))
  return chosen
}
