import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { listens } from '../health.js'
import { ROOT, VENV_BIN } from '../layout.js'
import type { Part } from '../part.js'

export const caddy: Part = {
  name: 'caddy',
  present: () => true,
  async command({ layout, ports }) {
    const folder = join(layout.state, 'caddy')
    await mkdir(folder, { recursive: true })
    const upstream = (port: number) => `127.0.0.1:${port}`
    return {
      file: join(VENV_BIN, 'caddy'),
      args: ['run', '--config', join(ROOT, 'infra', 'caddy', 'embedded.caddy'), '--adapter', 'caddyfile'],
      env: {
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        FORMWRIGHT_SITE_PORT: String(ports.site),
        FORMWRIGHT_APP_UPSTREAM: upstream(ports.app),
        FORMWRIGHT_INFERENCE_UPSTREAM: upstream(ports.inference),
        FORMWRIGHT_TEMPORAL_UI_UPSTREAM: upstream(ports.temporalUi),
        FORMWRIGHT_GATEWAY_UPSTREAM: upstream(ports.gateway),
      },
    }
  },
  ready: ({ ports }) => listens(ports.site),
  startSeconds: 120,
  stopSeconds: 5,
  restarts: false,
}
