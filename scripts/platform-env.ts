import { readFile } from 'node:fs/promises'
import { PlatformState } from '../contracts/index.js'
import { layoutOf } from '../infra/local/layout.js'

/** The command cannot do what it was asked, and says what to do; shown without a stack. */
export class Refused extends Error {
  override readonly name = 'Refused'
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message)
  }
}

/** Environment of the platform that a command talks to: the process's own where it names a Temporal server, else the running embedded one. */
export async function platformEnv(
  env: NodeJS.ProcessEnv = process.env,
  file: string = layoutOf().platform,
): Promise<Record<string, string | undefined>> {
  if (env.FORMWRIGHT_TEMPORAL_ADDRESS) return env
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null)
    throw new Refused(
      'No platform is running. Start it with `npm start`, or set FORMWRIGHT_TEMPORAL_ADDRESS and the other FORMWRIGHT_ settings.',
    )
  return { ...env, ...PlatformState.parse(JSON.parse(text)).env }
}

/** Runs a command's main function; a refusal is one line on stderr and its own exit code. */
export function runCommand(main: () => Promise<number>): void {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      const known = error instanceof Refused
      process.stderr.write(`${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exit(known ? error.exitCode : 1)
    },
  )
}
