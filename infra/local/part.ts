import type { Layout } from './layout.js'
import type { Ports } from './ports.js'
import type { Secrets } from './secrets.js'

/** In the order in which they start; they stop in the reverse order. */
export const PARTS = ['temporal', 's3', 'ec2', 'inference', 'worker', 'gateway', 'app', 'caddy'] as const
export type PartName = (typeof PARTS)[number]

/** What a part may know of the platform when it starts. */
export interface Context {
  layout: Layout
  ports: Ports
  secrets: Secrets
  /** Environment of every part, as in platform.json. */
  env: Record<string, string>
  parts: readonly PartName[]
}

export interface Command {
  file: string
  args: string[]
  env: Record<string, string>
}

/** One server of the platform. */
export interface Part {
  name: PartName
  /** Absent from this checkout: left out, and said so. */
  present(): boolean
  /** Writes what the server needs and tells how to start it. */
  command(context: Context): Promise<Command>
  /** True once it serves. */
  ready(context: Context): Promise<boolean>
  /** Seconds it may take until then: many, since a laptop may be busy; one that ends first is noticed at once. */
  startSeconds: number
  /** Seconds between SIGTERM and SIGKILL. */
  stopSeconds: number
  /** Started again when it dies; the platform stops when any other one dies. */
  restarts: boolean
}
