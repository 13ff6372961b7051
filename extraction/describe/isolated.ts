import { Worker } from 'node:worker_threads'
import type { FormDescription } from '../../contracts/description.js'
import { FormDescription as FormDescriptionSchema } from '../../contracts/description.js'
import { z } from 'zod'
import type { DescribeOptions } from './index.js'
import { MAX_HEAP_MB, MAX_SECONDS } from './limits.js'
import { damaged, PdfRefused, REFUSAL_CODES } from './refused.js'

/** What the thread answers. */
const Outcome = z.union([
  z.object({ description: FormDescriptionSchema }),
  z.object({ refused: z.object({ code: z.enum(REFUSAL_CODES), message: z.string() }) }),
])

export interface IsolatedOptions extends DescribeOptions {
  /** Ends the thread; the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Longest time, in seconds. */
  seconds?: number
}

/**
 * `describeForm` in a thread of its own, for files of strangers: one that loops or hoards memory is ended and refused, and
 * the process goes on. Costs about half a second more. Throws {@link PdfRefused}.
 */
export function describeIsolated(pdf: Uint8Array, options: IsolatedOptions = {}): Promise<FormDescription> {
  const { signal, seconds = MAX_SECONDS, hints } = options
  signal?.throwIfAborted()
  const worker = new Worker(new URL('./isolated-thread.mjs', import.meta.url), {
    workerData: { pdf, options: { hints } },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  return new Promise<FormDescription>((resolve, reject) => {
    const timer = setTimeout(() => reject(tooMuch(`takes more than ${seconds} seconds to read`)), 1000 * seconds)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    worker.once('message', (message: unknown) => {
      const outcome = Outcome.safeParse(message)
      if (!outcome.success) reject(damaged(outcome.error))
      else if ('refused' in outcome.data) reject(new PdfRefused(outcome.data.refused.code, outcome.data.refused.message))
      else resolve(outcome.data.description)
    })
    worker.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch(`needs more than ${MAX_HEAP_MB} MiB of memory to read`) : error),
    )
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(damaged(new Error('The reading thread ended without an answer')))
    })
  }).finally(() => worker.terminate())
}

const tooMuch = (what: string): PdfRefused => new PdfRefused('too-large', `This PDF ${what}. Print it to a new PDF file and try that one.`)
