import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { workflowIdOf } from '../contracts/index.js'
import { EXIT_CODES } from './fine-tune-extraction.js'
import { follow } from './follow-run.js'
import { platformEnv, Refused, runCommand } from './platform-env.js'
import { RunClient } from './run-client.js'

interface Flags {
  run?: string
  adapter: string
  once: boolean
  json: boolean
}

async function main(): Promise<number> {
  const flags = new Command('npm run watch --')
    .description('Shows a run until it ends: stage, steps, loss, time left, dollars. Decides nothing.')
    .option('--run <workflow id>', 'the run; default: that of --adapter')
    .option('--adapter <name>', 'the adapter whose run it is', 'lora-v1')
    .option('--once', 'print the progress once', false)
    .option('--json', 'the progress (--once) or the ending as one JSON object on stdout', false)
    .addHelpText('after', '\nExit status as of `npm run fine-tune`; with --once 0, or 1 when there is no such run.')
    .parse()
    .opts<Flags>()
  const runs = await RunClient.connect(await platformEnv())
  try {
    const handle = runs.handle(flags.run ?? workflowIdOf(flags.adapter))
    const progress = await runs.progress(handle)
    if (flags.once) {
      if (!progress) throw new Refused('No worker answers, so the progress cannot be read.')
      process.stdout.write(`${JSON.stringify(progress, null, flags.json ? undefined : 2)}\n`)
      return 0
    }
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort(new Refused('The run goes on.', 130)))
    const write = (text: string): void => void (flags.json ? process.stderr : process.stdout).write(text)
    const ended = await follow(runs, handle, { yes: false, ask: false, signal: stop.signal, write })
    process.stdout.write(flags.json ? `${JSON.stringify(ended)}\n` : `${ended.run}: ${ended.ending}. ${ended.reason}\n`)
    return EXIT_CODES[ended.ending]
  } finally {
    await runs.close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
