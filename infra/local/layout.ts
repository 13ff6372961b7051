import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HOME = join(ROOT, '.formwright')
/** Where set-up put the Python environment and the server binaries. */
export const VENV_BIN = join(HOME, 'venv', 'bin')
/** The converted base model, with its manifest.json. */
export const BASE_DIR = join(HOME, 'base', 'SmolLM2-135M-Instruct')
/** The adapter that comes with the repository. */
export const SHIPPED_ADAPTER = join(ROOT, 'data', 'adapters', 'lora-v1')

export interface Layout {
  dir: string
  logs: string
  state: string
  secrets: string
  platform: string
  processes: string
  ports: string
}

/** Where the platform keeps its state, logs and keys, unless FORMWRIGHT_PLATFORM_DIR names another folder. */
const platformDir = (): string => resolve(process.env.FORMWRIGHT_PLATFORM_DIR ?? HOME)
export const isUsual = ({ dir }: Pick<Layout, 'dir'>): boolean => dir === resolve(HOME)

/** Files of one platform; tests give it a folder of their own. */
export function layoutOf(dir: string = platformDir()): Layout {
  return {
    dir,
    logs: join(dir, 'logs'),
    state: join(dir, 'state'),
    secrets: join(dir, 'secrets.json'),
    platform: join(dir, 'platform.json'),
    processes: join(dir, 'state', 'processes.json'),
    ports: join(dir, 'state', 'ports.json'),
  }
}
