import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Command, Option } from 'commander'
import { PRESETS, type Preset } from '../contracts/run.js'
import { layoutOf, ROOT } from '../infra/local/layout.js'
import { AlreadyRunning, type Platform, startPlatform } from '../infra/local/platform.js'
import { PartDied } from '../infra/local/supervise.js'
import { EXIT_CODES, followRun } from './fine-tune-extraction.js'
import { Refused } from './platform-env.js'

/** Not one of the forms that the model learns from. */
const SHOWN_FORM = 'data/fine-tuning/extraction/fixtures/new-patient-history.pdf'

/** As a shell has it for a program that Ctrl-C ended: the run goes on at the next start. */
const INTERRUPTED = 130

interface Options {
  yes: boolean
  preset: Preset
  exit: boolean
  run: boolean
}

function readOptions(): Options {
  const endings = Object.entries(EXIT_CODES).map(([ending, code]) => `${code} ${ending}`)
  return new Command('npm start --')
    .description('Sets up, starts the embedded platform, and takes one fine-tuning run from its dataset to a served adapter.')
    .option('-y, --yes', "approve the run's quote without asking", false)
    .addOption(new Option('--preset <name>', 'what to train').choices(PRESETS).default('quick'))
    .option('--exit', 'stop the platform when the run has ended', false)
    .option('--no-run', 'start the platform only')
    .addHelpText('after', `\nExit status with --exit: ${endings.join(', ')}. 1: the platform did not start or stopped by itself.`)
    .parse()
    .opts<Options>()
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Good news with a mark, so that the other lines stand out. */
const tell = (line: string): void => say(/ (serves|has stopped|is live as) ?/.test(line.split('\n')[0]!) ? `✓ ${line}` : `! ${line}`)

function showAddresses({ addresses }: Platform['state']): void {
  say(`\n  App            ${addresses.site}`)
  say(`  Temporal UI    ${addresses.temporalUi}`)
  say(`  Catalog        ${addresses.site}/catalog`)
  say(`  Temporal       ${addresses.temporal} (temporal workflow list --address ${addresses.temporal})`)
  say(`  Logs           ${relative(ROOT, LAYOUT.logs)}/\n`)
}

const LAYOUT = layoutOf()
const APP_LOG = join(LAYOUT.logs, 'app.log')
const logged = (): Promise<string> => readFile(APP_LOG, 'utf8').catch(() => '')

/** The app tells its first password once, in its log; people look here. */
async function showFirstPassword(before: string): Promise<void> {
  const told = /The account of this app is \S+, its password [\w-]+/.exec((await logged()).slice(before.length))
  if (told) say(`  ${told[0]}. It is shown this once; \`npm run password\` makes a new one.\n`)
}

/** Runs `npm run extract` on a form with what is live, its output on ours. */
async function showOneForm(platform: Platform): Promise<void> {
  say('One form, extracted with what is live now:\n')
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/extract.ts', SHOWN_FORM], {
    cwd: ROOT,
    env: { ...process.env, ...platform.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await new Promise((resolve) => child.once('exit', resolve))
}

/** The run to its ending; answers the exit status. */
async function takeRun(platform: Platform, options: Options, signal: AbortSignal): Promise<number> {
  const ended = await followRun({
    env: platform.env,
    input: { preset: options.preset },
    yes: options.yes,
    signal,
    write: (text) => process.stdout.write(text),
  })
  say(`\n${ended.run}: ${ended.ending}. ${ended.reason}`)
  showAddresses(platform.state)
  if (ended.page) say(`  Catalog page   ${ended.page}\n`)
  await showOneForm(platform)
  return EXIT_CODES[ended.ending]
}

async function main(): Promise<number> {
  const options = readOptions()
  const stop = new AbortController()
  const asked = new Promise<'asked'>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve('asked'))
  })
  const end = (): void => stop.abort(new Error('stopped'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  process.on('disconnect', end)
  let broken: Error | undefined
  // Whatever breaks in here, the parts are stopped in order. A client that retries on a channel closed by the stop is nothing new.
  process.on('uncaughtException', (error) => {
    if (!stop.signal.aborted) broken = error
    end()
  })
  const before = await logged()
  const platform = await startPlatform({ tell, signal: stop.signal })
  showAddresses(platform.state)
  await showFirstPassword(before)
  let status = 0
  try {
    if (options.run) {
      const run = takeRun(platform, options, stop.signal)
      const first = await Promise.race([run, platform.failed, asked])
      run.catch(() => {})
      if (first instanceof Error) throw first
      status = first === 'asked' ? INTERRUPTED : first
    }
    if (!stop.signal.aborted && !(options.run && options.exit)) {
      say('The platform runs until Ctrl-C.')
      const first = await Promise.race([platform.failed, asked])
      if (first instanceof Error) throw first
    }
    if (broken) throw broken
    return status
  } finally {
    end()
    say('\nStopping …')
    await platform.stop()
  }
}

main().then(
  (status) => process.exit(status),
  (error: Error) => {
    // Stopped by hand during the start: nothing is wrong.
    if (error.message === 'stopped') process.exit(INTERRUPTED)
    const known = [PartDied, AlreadyRunning, Refused].some((kind) => error instanceof kind)
    const expected = known || error.message.startsWith('The platform has stopped')
    process.stderr.write(`\n${expected ? error.message : (error.stack ?? error.message)}\n`)
    process.exit(1)
  },
)
