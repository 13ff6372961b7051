import { EventEmitter, once } from 'node:events'
import type { VariantId } from '../../contracts/index.js'
import type { ExtractorOptions } from '../../extraction/registry.js'
import { ReadingFailed } from './reading-failed.js'
import type { Reader } from './reader.js'
import type { ExtractionStore } from './store.js'

export interface Progress {
  done: number
  total: number
}

interface Running {
  progress: Progress
  changes: EventEmitter<{ change: [] }>
  stop: AbortController
  ended: Promise<void>
}

/** Extractions that run now, followed by any number of pages. */
export class Jobs {
  private readonly running = new Map<string, Running>()

  constructor(
    private readonly reader: Pick<Reader, 'extract'>,
    private readonly store: ExtractionStore,
    private readonly options: ExtractorOptions,
    private readonly log: (error: unknown) => void,
  ) {}

  start(id: string, pdf: Uint8Array, variant: VariantId): void {
    const job: Running = {
      progress: { done: 0, total: 0 },
      changes: new EventEmitter(),
      stop: new AbortController(),
      ended: Promise.resolve(),
    }
    job.changes.setMaxListeners(100)
    this.running.set(id, job)
    const onWindow = (done: number, total: number) => {
      job.progress = { done, total }
      job.changes.emit('change')
    }
    job.ended = this.reader
      .extract(pdf, variant, this.options, { signal: job.stop.signal, onWindow })
      .then((result) => this.store.finish(id, result))
      .catch((error: unknown) => {
        const known = error instanceof ReadingFailed
        if (!known || error.reason === 'failed') this.log(error)
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
      yield job.progress
      if (!this.running.has(id)) return
      await once(job.changes, 'change', { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }
}
