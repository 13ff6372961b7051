import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { workflowIdOf } from '../contracts/index.js'
import { platformEnv, Refused, runCommand } from './platform-env.js'
import { RunClient } from './run-client.js'
import { quoteText } from './run-view.js'

interface Flags {
  run?: string
  adapter: string
  reject: boolean
  maxDollars?: string
  as: string
  reason?: string
  quote?: string
  json: boolean
}

async function main(): Promise<number> {
  const flags = new Command('npm run approve --')
    .description('Answers the open quote of a run: approves it, or rejects it with --reject. The decision counts as claimed.')
    .option('--run <workflow id>', 'the run; default: that of --adapter')
    .option('--adapter <name>', 'the adapter whose run it is', 'lora-v1')
    .option('--quote <digest>', 'answer only this quote')
    .option('--max-dollars <n>', 'allow less than the quote asks for')
    .option('--reject', 'reject instead', false)
    .option('--reason <text>', 'kept with the decision')
    .option('--as <name>', 'who decides', userInfo().username)
    .option('--json', 'print the decision as JSON', false)
    .addHelpText('after', '\nExit status: 0 decided, 1 no such run or no platform, 2 wrong arguments, 3 the gate refused, with its reason.')
    .parse()
    .opts<Flags>()
  const maxDollars = flags.maxDollars === undefined ? undefined : Number(flags.maxDollars)
  if (maxDollars !== undefined && !(maxDollars >= 0))
    throw new Refused(`Expected \`--max-dollars\` to be a number of dollars, got ${flags.maxDollars}`, 2)
  const runs = await RunClient.connect(await platformEnv())
  try {
    const handle = runs.handle(flags.run ?? workflowIdOf(flags.adapter))
    const quote = (await runs.progress(handle))?.quote
    if (!quote) throw new Refused(`Run ${handle.workflowId} has no quote to decide on.`, 3)
    if (flags.quote && flags.quote !== quote.digest)
      throw new Refused(`The open quote is ${quote.digest}, not ${flags.quote}. Nothing was decided.`, 3)
    const decision = await runs.decide(handle, {
      quoteDigest: quote.digest,
      planDigest: quote.planDigest,
      approve: !flags.reject,
      maxDollars,
      approver: flags.as,
      reason: flags.reason,
      channel: 'cli',
    })
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(decision)}\n`
        : `${quoteText(quote)}\n${decision.approved ? 'Approved' : 'Rejected'} by ${decision.approver} (${decision.assurance}), $${decision.maxDollars} at most.\n`,
    )
    return 0
  } finally {
    await runs.close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand(main)
