import { MALLOC_ENV } from '../../../app/malloc.js'
import { answers } from '../health.js'
import type { Context, Part } from '../part.js'
import { hasEntry, nodeCommand } from './node.js'
import { traces } from './traces.js'

/** The worker tells that it polls by answering on its own port. */
export const worker: Part = {
  name: 'worker',
  present: () => hasEntry('workers/main.ts'),
  command: async ({ env, ports }) =>
    nodeCommand('workers/main.ts', {
      ...env,
      ...traces(env),
      FORMWRIGHT_WORKER_HEALTH_PORT: String(ports.worker),
      FORMWRIGHT_METRICS_PORT: String(ports.workerMetrics),
    }),
  ready: ({ ports }) => answers(`http://127.0.0.1:${ports.worker}/`, { status: 200 }),
  startSeconds: 300,
  // Activities get this long to reach their next heartbeat.
  stopSeconds: 20,
  restarts: true,
}

/** Two arenas: what the app's reading threads leave behind is used again. */
const web = (name: 'gateway' | 'app', entry: string): Part => ({
  name,
  present: () => hasEntry(entry),
  command: async ({ env, ports, layout }: Context) =>
    nodeCommand(entry, {
      ...env,
      ...traces(env),
      HOST: '127.0.0.1',
      PORT: String(ports[name]),
      FORMWRIGHT_METRICS_PORT: String(ports[`${name}Metrics`]),
      FORMWRIGHT_STATE_DIR: layout.state,
      ...MALLOC_ENV,
    }),
  ready: ({ ports }) => answers(`http://127.0.0.1:${ports[name]}/health`, { status: 200 }),
  startSeconds: 300,
  stopSeconds: 10,
  restarts: true,
})

export const gateway = web('gateway', 'gateway/main.ts')
export const app = web('app', 'app/main.ts')
