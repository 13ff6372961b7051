import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { AdminRefused } from '../activities/ports/inference.js'
import { inferenceAdminOf } from '../activities/ports/inference-admin.js'
import { readSettings } from '../contracts/index.js'
import { storeOf } from '../workers/wire.js'
import { platformEnv, Refused, runCommand } from './platform-env.js'

const TIMEOUT_MS = 5 * 60_000

/** Moves an alias back to the adapter that was live before. */
async function main(): Promise<number> {
  const flags = new Command('npm run rollback --')
    .description('Points an adapter alias back to the digest that was live before. Requests in flight end with what they began with.')
    .option('--adapter <name>', 'the alias', 'lora-v1')
    .option('--json', 'print the alias as JSON', false)
    .addHelpText('after', '\nExit status: 0 moved, 1 nothing to move to, or the service does not answer.')
    .parse()
    .opts<{ adapter: string; json: boolean }>()
  const settings = readSettings(await platformEnv())
  const admin = inferenceAdminOf(settings, storeOf(settings), TIMEOUT_MS)
  const state = await admin.rollback(flags.adapter).catch((error: Error) => {
    throw error instanceof AdminRefused
      ? new Refused(`${error.message}\nNothing was moved.`)
      : new Refused(`The inference service does not answer: ${error.message}. Nothing was moved.`)
  })
  process.stdout.write(flags.json ? `${JSON.stringify(state)}\n` : `${state.alias} is ${state.digest}; before it was ${state.previous}.\n`)
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
