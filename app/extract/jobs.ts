import { EventEmitter, once } from 'node:events'
import type { FormDescription, VariantId } from '../../contracts/index.js'
import type { ExtractorOptions } from '../../extraction/registry.js'
import { cutWindows } from '../../extraction/windows.js'
import type { Log } from '../../telemetry/logs.js'
import { ReadingFailed } from './reading-failed.js'
import type { Reader } from './reader.js'
import type { ExtractionStore } from './store.js'

/** Windows answered, of how many, and how long the rest will probably take. */
export interface Progress {
  done: number
  total: number
  /** Absent until anything is known: no window yet, and no earlier form of this variant. */
  secondsLeft?: number
}

/** An API model reads a form as one. */
const windowsOf = (variant: VariantId, description: FormDescription): number =>
  variant === 'extraction/sonnet' || variant === 'extraction/haiku' ? 1 : cutWindows(description).length

interface Running {
  done: number
  total: number
  startedAt: number
  /** Of the last form that the variant answered. */
  secondsPerWindow: number | undefined
  changes: EventEmitter<{ change: [] }>
  stop: AbortController
  ended: Promise<void>
}

function progressOf({ done, total, startedAt, secondsPerWindow }: Running): Progress {
  const seconds = (performance.now() - startedAt) / 1000
  const each = done > 0 ? seconds / done : secondsPerWindow
  if (each === undefined) return { done, total }
  const left = done > 0 ? each * (total - done) : each * total - seconds
  return { done, total, secondsLeft: Math.max(0, Math.round(left)) }
}

/** Extractions that run now, followed by any number of pages. */
export class Jobs {
  private readonly running = new Map<string, Running>()

  constructor(
    private readonly reader: Pick<Reader, 'extract'>,
    private readonly store: ExtractionStore,
    private readonly options: ExtractorOptions,
    private readonly log: Log,
  ) {}

  start(id: string, pdf: Uint8Array, variant: VariantId, description: FormDescription): void {
    const job: Running = {
      done: 0,
      total: windowsOf(variant, description),
      startedAt: performance.now(),
      secondsPerWindow: this.store.secondsPerWindow(variant),
      changes: new EventEmitter(),
      stop: new AbortController(),
      ended: Promise.resolve(),
    }
    job.changes.setMaxListeners(100)
    this.running.set(id, job)
    const onWindow = (done: number, total: number) => {
      if (job.done === done && job.total === total) return
      Object.assign(job, { done, total })
      job.changes.emit('change')
    }
    job.ended = this.reader
      .extract(pdf, variant, this.options, { signal: job.stop.signal, onWindow })
      .then((result) => this.store.finish(id, result))
      .catch((error: unknown) => {
        const known = error instanceof ReadingFailed
        if (!known || error.reason === 'failed') this.log.error(error)
        const message = known ? error.message : 'This extraction failed by a mistake of the app; its log tells more.'
        this.store.fail(id, `${message}${/again/.test(message) ? '' : ' The form is kept: extract it again.'}`)
      })
      .finally(() => {
        this.running.delete(id)
        job.changes.emit('change')
      })
  }

  stop(id: string): void {
    this.running.get(id)?.stop.abort()
  }

  /** Resolves when each is written down as stopped. */
  async stopAll(): Promise<void> {
    for (const { stop } of this.running.values()) stop.abort()
    await Promise.all([...this.running.values()].map(({ ended }) => ended))
  }

  /** Progress as it is, then each change of it; ends with the extraction. */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<Progress> {
    for (let job = this.running.get(id); job; job = this.running.get(id)) {
      yield progressOf(job)
      if (!this.running.has(id)) return
      await once(job.changes, 'change', { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }
}
