import { Worker } from 'node:worker_threads'
import type { ReadingJob, ReadingReply } from './messages.js'
import { MemoryWatch } from './memory-watch.js'
import { ReadingFailed } from './reading-failed.js'

/** A thread that does not even load. */
const START_SECONDS = 60
/** The largest real forms were described in half of it. */
const HEAP_MIB = 160
const YOUNG_MIB = 16

export interface Limits {
  seconds: number
  /** Ends the thread when the process grows; only sensible while one thread works. */
  watchMemory: boolean
  signal?: AbortSignal
  onWindow?: (done: number, total: number) => void
}

const tooSlow = (seconds: number): ReadingFailed =>
  new ReadingFailed(
    'too-slow',
    `Reading this PDF took more than ${seconds} seconds, so it was stopped and nothing was kept. Save it as a new, simpler PDF and try that one.`,
  )
const tooLarge = (): ReadingFailed =>
  new ReadingFailed(
    'too-large',
    'Reading this PDF took more memory than any form needs, so it was stopped and nothing was kept. Save it as a new PDF with smaller pictures and try that one.',
  )
const ended = (): ReadingFailed =>
  new ReadingFailed('failed', 'The thread that reads PDFs ended without an answer. Nothing was kept; try again.')

/** A thread that reads PDFs, one job at a time. */
export class ReadingThread {
  private readonly worker: Worker
  private readonly ready: Promise<void>

  /** @param code of `worker.ts`, from readerCode() */
  constructor(code: URL) {
    this.worker = new Worker(code, {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_MIB, stackSizeMb: 4 },
      // A thread that opens strangers' files gets no keys from the environment.
      env: {},
    })
    this.worker.unref()
    this.ready = new Promise((resolve, reject) => {
      this.worker.once('message', () => resolve())
      this.worker.once('error', reject)
      this.worker.once('exit', () => reject(ended()))
    })
    this.ready.catch(() => undefined)
    this.worker.on('error', () => undefined)
  }

  end(): Promise<number> {
    return this.worker.terminate()
  }

  /** Answers a job, or throws ReadingFailed at a refusal, a limit, or the end of the thread. */
  async ask(job: ReadingJob, limits: Limits): Promise<ReadingReply> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(ended()), START_SECONDS * 1000)
    })
    await Promise.race([this.ready, late]).finally(() => clearTimeout(timer))
    return this.settled(job, limits)
  }

  private settled(job: ReadingJob, { seconds, watchMemory, signal, onWindow }: Limits): Promise<ReadingReply> {
    const { worker } = this
    const memory = new MemoryWatch()
    const over = new AbortController()
    return new Promise<ReadingReply>((resolve, reject) => {
      const timer = setTimeout(() => reject(tooSlow(seconds)), seconds * 1000)
      over.signal.addEventListener('abort', () => clearTimeout(timer))
      const stopped = () => reject(new ReadingFailed('stopped', 'This extraction was stopped.'))
      signal?.addEventListener('abort', stopped, { signal: over.signal })
      if (signal?.aborted) return stopped()
      const onMessage = (reply: ReadingReply) => {
        if (reply.kind === 'window') return onWindow?.(reply.done, reply.total)
        if (reply.kind === 'described' || reply.kind === 'extracted') return resolve(reply)
        if (reply.kind !== 'ready') reject(new ReadingFailed(reply.kind, reply.message))
      }
      const onError = (error: NodeJS.ErrnoException) => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : error)
      const onExit = () => reject(ended())
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      over.signal.addEventListener('abort', () => worker.off('message', onMessage).off('error', onError).off('exit', onExit))
      if (watchMemory) memory.start(() => reject(tooLarge()))
      worker.postMessage(job)
    }).finally(() => {
      memory.stop()
      over.abort()
    })
  }
}
