import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from './layout.js'
import { endLeftovers, signalGroup } from './processes.js'

/** Longer than any part's own grace. */
const GRACE_MS = 20_000

/**
 * Watches over this process: when it is gone without having called the answer, what it left is ended.
 * Costs a shell that waits at the end of a pipe; only then is this file run.
 */
export function guard(processes: string): () => void {
  const wait = 'cat > /dev/null; exec "$@"'
  const command = [process.execPath, '--import', 'tsx', join(ROOT, 'infra', 'local', 'guardian.ts'), processes, String(process.pid)]
  const shell = spawn('sh', ['-c', wait, 'guardian', ...command], { cwd: ROOT, detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  // The pipe alone must not keep a program alive that is done.
  ;(shell.stdin as unknown as { unref(): void }).unref()
  shell.stdin.on('error', () => {})
  return () => {
    if (shell.pid !== undefined) signalGroup(shell.pid, 'SIGKILL')
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , processes, pid] = process.argv
  await endLeftovers(processes!, GRACE_MS, Number(pid))
}
