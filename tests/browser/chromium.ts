import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A Chromium or Chrome on PATH, or the one that CHROMIUM_PATH names; undefined when there is none. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = [process.env.CHROMIUM_PATH, ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))]
  return places.find((path) => path !== undefined && isExecutable(path))
}

export const NO_BROWSER =
  'NO BROWSER: the app is not tested in one here. Install chromium or google-chrome (Debian: apt-get install chromium), or set CHROMIUM_PATH.'

/** Chromium without its sandbox, which containers seldom allow; it opens our own pages only. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}
