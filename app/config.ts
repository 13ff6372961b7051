import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readSettings, type Settings } from '../contracts/index.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const Listening = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8091),
  /** Where accounts, extractions and candidate pairs are kept. */
  FORMWRIGHT_STATE_DIR: z.string().default('.formwright/state'),
})

export interface AppConfig {
  host: string
  port: number
  root: string
  stateDir: string
  settings: Settings
}

/** The app's configuration. Throws one line per wrong variable, naming it. */
export function readConfig(env: Record<string, string | undefined>): AppConfig {
  const settings = readSettings(env)
  const parsed = Listening.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')))
  if (!parsed.success)
    throw new Error(`Wrong environment:\n${parsed.error.issues.map((i) => `  ${i.path.join('.')}: ${i.message}`).join('\n')}`)
  const { HOST, PORT, FORMWRIGHT_STATE_DIR } = parsed.data
  return { host: HOST, port: PORT, root: ROOT, stateDir: resolve(ROOT, FORMWRIGHT_STATE_DIR), settings }
}
