// Threads of Node 20 do not take TypeScript from --import: the loader is registered here, inside the thread.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
