// `npm start`: set-up, which needs Node alone, then scripts/start.ts with what set-up installed.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const wantsHelp = process.argv.includes('--help') || process.argv.includes('-h')
const setup = spawnSync(process.execPath, [path('./setup.mjs')], { stdio: 'inherit' })
if (setup.status !== 0) process.exit(setup.status ?? 1)
if (!wantsHelp) console.log('')

// Through the channel the platform notices when this process is gone, and stops.
const child = spawn(process.execPath, ['--import', 'tsx', path('./start.ts'), ...process.argv.slice(2)], {
  cwd: path('..'),
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
})
// Ctrl-C reaches the child by itself; npm or a service manager signals this process only.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0)
})
