import type { Logger } from 'pino'
import { createLog } from './logs.js'

/**
 * Runs a part's program. Whatever it, Node or an error that nobody caught has to say is a line of the part's log,
 * also when the part cannot start; its exit code is 1 then.
 */
export function runPart(part: string, main: (log: Logger) => Promise<void>): void {
  const log = createLog(part)
  const say = (error: unknown): void => log.fatal({ err: error }, error instanceof Error ? error.message : String(error))
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.warn({ err: warning }, warning.message))
  process.on('uncaughtException', (error) => {
    say(error)
    process.exit(1)
  })
  main(log).catch((error: unknown) => {
    say(error)
    process.exitCode = 1
  })
}
