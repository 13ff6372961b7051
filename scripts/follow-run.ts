import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import type { Quote, RunProgress } from '../contracts/index.js'
import { Refused } from './platform-env.js'
import type { Ended, RunClient } from './run-client.js'
import { progressLines, quoteText } from './run-view.js'

export interface FollowOptions {
  /** Approves without asking. */
  yes: boolean
  /** Asks y/N at the gate when there is a terminal to ask on. */
  ask: boolean
  write(text: string): void
  signal: AbortSignal
}

const POLL_MS = 1_000
const CLEAR_LINE = '\u001b[2K'
const UP = '\u001b[1A'
const OTHER_WAYS = 'Decide with `npm run approve`, in the app, or in the Temporal UI.\n'

/** Shows a run until it ends; asks for the decision when the run does. Rejects with the signal's reason when aborted; the run goes on. */
export async function follow(runs: RunClient, handle: WorkflowHandle, options: FollowOptions): Promise<Ended> {
  const screen = new Screen(options.write, process.stdout.isTTY === true)
  const end = { reached: false }
  const ended = runs.ended(handle).finally(() => {
    end.reached = true
  })
  ended.catch(() => undefined)
  let asked = ''
  while (!end.reached) {
    options.signal.throwIfAborted()
    const progress = await runs.progress(handle)
    if (!progress) screen.show(['no worker answers; the run waits for one'])
    else {
      screen.show(progressLines(progress, await runs.losses(progress.run, progress.attempts.length)))
      const quote = openQuote(progress)
      if (quote && quote.digest !== asked) {
        asked = quote.digest
        screen.leave()
        await decide(runs, handle, quote, options, end)
      }
    }
    await Promise.race([ended.catch(() => undefined), sleep(POLL_MS, undefined, { signal: options.signal })])
  }
  screen.leave()
  return ended
}

const openQuote = (progress: RunProgress): Quote | null =>
  progress.stage === 'awaiting-approval' && !progress.decision ? progress.quote : null

async function decide(
  runs: RunClient,
  handle: WorkflowHandle,
  quote: Quote,
  options: FollowOptions,
  end: { reached: boolean },
): Promise<void> {
  options.write(`${quoteText(quote)}\n`)
  const approve = options.yes ? true : await question(runs, handle, quote, options, end)
  if (approve === null) return
  const decision = {
    quoteDigest: quote.digest,
    planDigest: quote.planDigest,
    approve,
    approver: userInfo().username,
    channel: 'cli' as const,
  }
  await runs.decide(handle, decision).then(
    (made) => options.write(`${made.approved ? `Approved, $${made.maxDollars} at most` : 'Rejected'} (${made.assurance}).\n`),
    (error: unknown) => {
      if (!(error instanceof Refused)) throw error
      options.write(`${error.message}\n`)
    },
  )
}

/** y/N on the terminal; null when somebody else decided meanwhile, or nobody can be asked here. */
async function question(
  runs: RunClient,
  handle: WorkflowHandle,
  quote: Quote,
  options: FollowOptions,
  end: { reached: boolean },
): Promise<boolean | null> {
  if (!options.ask || !process.stdin.isTTY) {
    options.write(OTHER_WAYS)
    return null
  }
  const elsewhere = new AbortController()
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // At a question the terminal keeps Ctrl-C to itself.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<null>((resolve) => terminal.once('close', () => resolve(null)))
  const watch = setInterval(() => {
    runs.progress(handle).then(
      (progress) => {
        if (end.reached || (progress && openQuote(progress)?.digest !== quote.digest)) elsewhere.abort()
      },
      () => undefined,
    )
  }, POLL_MS)
  try {
    const asked = terminal.question('Approve? [y/N] ', { signal: AbortSignal.any([elsewhere.signal, options.signal]) })
    asked.catch(() => undefined)
    // Ctrl-D: whoever sits here leaves the decision to others.
    const answer = await Promise.race([asked, closed])
    if (answer !== null) return /^y(es)?$/i.test(answer.trim())
    options.write(`\n${OTHER_WAYS}`)
    return null
  } catch (error) {
    options.signal.throwIfAborted()
    if (!elsewhere.signal.aborted) throw error
    options.write('\nDecided elsewhere.\n')
    return null
  } finally {
    clearInterval(watch)
    terminal.close()
  }
}

/** Rewrites its lines on a terminal; elsewhere prints what changed. */
class Screen {
  private shown: string[] = []
  private stage = ''

  constructor(
    private readonly write: (text: string) => void,
    private readonly live: boolean,
  ) {}

  show(lines: string[]): void {
    if (this.live) {
      this.write(
        this.shown.map(() => `${UP}${CLEAR_LINE}`).join('') +
          lines.map((line) => `${line.slice(0, (process.stdout.columns || 120) - 1)}\n`).join(''),
      )
      this.shown = lines
      return
    }
    // A log gets a line for each stage and each fresh step, not one for each look.
    const essence = lines.join('\n').replace(/\S+ s left|\$\S+/g, '')
    if (essence !== this.stage) this.write(`${lines.join('\n')}\n`)
    this.stage = essence
  }

  /** Keeps what is on the screen and goes on below it. */
  leave(): void {
    this.shown = []
  }
}
