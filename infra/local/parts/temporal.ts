import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SEARCH_ATTRIBUTES } from '../../../contracts/run.js'
import { answers, listens } from '../health.js'
import { VENV_BIN } from '../layout.js'
import type { Part } from '../part.js'

/** Path below which the Web UI serves everything, so that Caddy can put it beside the app. */
export const UI_PATH = '/temporal'

export const temporal: Part = {
  name: 'temporal',
  present: () => true,
  async command({ layout, ports }) {
    const folder = join(layout.state, 'temporal')
    await mkdir(folder, { recursive: true })
    const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`])
    return {
      file: join(VENV_BIN, 'temporal'),
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.temporal)],
        ...['--ui-ip', '127.0.0.1', '--ui-port', String(ports.temporalUi), '--ui-public-path', UI_PATH, '--ui-disable-news-fetch'],
        ...['--db-filename', join(folder, 'temporal.db')],
        // Twice the throughput of the default journal, and it survived kill -9.
        ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
        ...['--log-level', 'warn', ...attributes],
      ],
      env: { TEMPORAL_CLI_DISABLE_UPDATE_CHECK: '1' },
    }
  },
  ready: async ({ ports }) =>
    (await listens(ports.temporal)) && (await answers(`http://127.0.0.1:${ports.temporalUi}${UI_PATH}/`, { status: 200 })),
  startSeconds: 180,
  stopSeconds: 10,
  restarts: false,
}
