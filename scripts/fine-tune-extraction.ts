import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { type Ending, type FineTuneInputRaw, PRESETS, type Preset, type SweepInputRaw } from '../contracts/index.js'
import { follow } from './follow-run.js'
import { platformEnv, Refused, runCommand } from './platform-env.js'
import { type Ended, RunClient } from './run-client.js'

/** Exit codes by ending; 1 is for a command that could not do its work, 2 for wrong input, 7 for an adapter that has a run. */
export const EXIT_CODES: Record<Ending, number> = {
  promoted: 0,
  'not-promoted': 0,
  'scope-deferred': 3,
  'budget-exhausted': 4,
  cancelled: 5,
  failed: 6,
}
const ALREADY_OPEN = 7

export interface FollowRunOptions {
  env: Record<string, string | undefined>
  input: FineTuneInputRaw | SweepInputRaw
  /** Approves the quote without asking. */
  yes: boolean
  signal: AbortSignal
  write(text: string): void
  /** Refuse instead of following the run that the adapter already has. */
  fresh?: boolean
}

/** Starts a run, or follows the one the adapter has, with a live view until it ends. Aborting stops the view; the run goes on. */
export async function followRun(options: FollowRunOptions): Promise<Ended> {
  const runs = await RunClient.connect(options.env)
  try {
    const { handle, attached } = await runs.start(options.input)
    if (attached && options.fresh) {
      const { runId } = await handle.describe()
      throw new Refused(
        `Adapter ${options.input.adapter ?? 'lora-v1'} already has a run: workflow ${handle.workflowId}, run ${runId}. Nothing was started; follow it with \`npm run watch\`.`,
        ALREADY_OPEN,
      )
    }
    options.write(
      `${attached ? 'Following the open run' : 'Started'} ${handle.workflowId}: ${runs.settings.FORMWRIGHT_TEMPORAL_UI}/namespaces/${runs.settings.FORMWRIGHT_TEMPORAL_NAMESPACE}/workflows/${encodeURIComponent(handle.workflowId)}\n`,
    )
    return await follow(runs, handle, { ...options, ask: true })
  } finally {
    await runs.close()
  }
}

interface Flags {
  adapter?: string
  preset?: Preset
  input?: string
  yes: boolean
  json: boolean
  detach: boolean
}

function inputOf(flags: Flags): FineTuneInputRaw | SweepInputRaw {
  const text = flags.input ?? '{}'
  try {
    const parsed = JSON.parse(text) as FineTuneInputRaw | SweepInputRaw
    return { ...parsed, ...(flags.adapter ? { adapter: flags.adapter } : {}), ...(flags.preset ? { preset: flags.preset } : {}) }
  } catch (error) {
    throw new Refused(`--input: expected JSON, got ${text}: ${(error as Error).message}`, 2)
  }
}

async function main(): Promise<number> {
  const codes = Object.entries(EXIT_CODES).map(([ending, code]) => `${code} ${ending}`)
  const flags = new Command('npm run fine-tune --')
    .description('Starts a fine-tuning run and follows it; asks at the spend gate.')
    .option('--adapter <name>', 'the adapter, which is also the alias (default lora-v1)')
    .addOption(new Option('--preset <name>', 'what to train').choices(PRESETS))
    .option('--input <json>', 'further input of the workflow, such as {"budget":{"maxDollars":1}}; with configurations it is a sweep')
    .option('-y, --yes', 'approve the quote without asking', false)
    .option('--detach', 'start only', false)
    .option('--json', 'one JSON object on stdout, nothing else', false)
    .addHelpText(
      'after',
      `\nExit status: ${codes.join(', ')}; 1 not possible, 2 wrong input, ${ALREADY_OPEN} the adapter already has a run.`,
    )
    .parse()
    .opts<Flags>()
  const env = await platformEnv()
  const input = inputOf(flags)
  const write = (text: string): void => void (flags.json ? process.stderr : process.stdout).write(text)
  if (flags.detach) return detach(env, input, flags.json)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new Refused('The run goes on without this view; `npm run watch` shows it again.', 130)))
  const ended = await followRun({ env, input, yes: flags.yes, signal: stop.signal, write, fresh: true })
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(ended)}\n`
      : `${ended.run}: ${ended.ending}. ${ended.reason}\n${ended.page ? `Page: ${ended.page}\n` : ''}`,
  )
  return EXIT_CODES[ended.ending]
}

async function detach(env: Record<string, string | undefined>, input: FineTuneInputRaw | SweepInputRaw, json: boolean): Promise<number> {
  const runs = await RunClient.connect(env)
  const { handle, attached } = await runs.start(input)
  if (attached) throw new Refused(`The adapter already has a run: workflow ${handle.workflowId}. Nothing was started.`, ALREADY_OPEN)
  process.stdout.write(json ? `${JSON.stringify({ workflowId: handle.workflowId })}\n` : `Started ${handle.workflowId}\n`)
  await runs.close()
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
