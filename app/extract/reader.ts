import { availableParallelism, loadavg } from 'node:os'
import pLimit from 'p-limit'
import type { ExtractionResult, FormDescription, VariantId } from '../../contracts/index.js'
import type { ExtractorOptions } from '../../extraction/registry.js'
import { roomForMore } from './memory-watch.js'
import type { ReadingJob, ReadingReply } from './messages.js'
import { ReadingFailed } from './reading-failed.js'
import { type Limits, ReadingThread } from './thread.js'

/** Ordinary forms take one or two seconds. */
const DESCRIBE_SECONDS = 9
/** On a machine that is busy with a training the thread gets a part of a core only. */
const MOST_PATIENCE = 6
/** A long form by a model on two shared cores. */
const EXTRACT_SECONDS = 900
/** One at a time, so that growth can be laid at one PDF's door; an extraction reads its PDF in the same turn. */
const PARSERS = 1
const EXTRACTIONS = 2

export interface ReaderOptions {
  describeSeconds?: number
  extractSeconds?: number
}

/** 1 on an idle machine; how many want each core on a busy one. */
export const patience = (): number => Math.min(MOST_PATIENCE, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()))

/** Opens PDFs in threads with limits on time and memory; a hostile one costs its thread, never the app. */
export class Reader {
  private readonly parsing = pLimit(PARSERS)
  private readonly extracting = pLimit(EXTRACTIONS)
  private spare: ReadingThread | undefined
  private closed = false

  constructor(
    private readonly code: URL,
    private readonly options: ReaderOptions = {},
  ) {
    this.spare = new ReadingThread(code)
  }

  /** Throws ReadingFailed. */
  async describe(pdf: Uint8Array): Promise<FormDescription> {
    const seconds = this.describeSeconds()
    const reply = await this.parsing(() => this.run({ kind: 'describe', pdf }, { seconds, watchMemory: true }))
    if (reply.kind !== 'described') throw new Error(`Expected a description, got ${reply.kind}`)
    return reply.description
  }

  /** Throws ReadingFailed. */
  async extract(
    pdf: Uint8Array,
    variant: VariantId,
    options: ExtractorOptions,
    watched: Pick<Limits, 'signal' | 'onWindow'> = {},
  ): Promise<ExtractionResult> {
    const limits = { ...watched, seconds: this.options.extractSeconds ?? EXTRACT_SECONDS, watchMemory: false }
    const reply = await this.extracting(async () => {
      const parsed = await this.parsingTurn()
      const onWindow = (done: number, total: number) => {
        parsed()
        watched.onWindow?.(done, total)
      }
      return this.run({ kind: 'extract', pdf, variant, options }, { ...limits, onWindow }).finally(parsed)
    })
    if (reply.kind !== 'extracted') throw new Error(`Expected a result, got ${reply.kind}`)
    return reply.result
  }

  private describeSeconds(): number {
    return Math.round((this.options.describeSeconds ?? DESCRIBE_SECONDS) * patience())
  }

  /** Resolves when nothing else is parsed, to what ends the turn; by itself it ends when the time to describe a form is over. */
  private parsingTurn(): Promise<() => void> {
    return new Promise((begin) => {
      void this.parsing(
        () =>
          new Promise<void>((end) => {
            const late = setTimeout(end, this.describeSeconds() * 1000)
            begin(() => {
              clearTimeout(late)
              end()
            })
          }),
      )
    })
  }

  async close(): Promise<void> {
    this.closed = true
    await this.spare?.end()
  }

  /** A thread that answered, be it with a refusal, is used again while there is room for what it keeps. Any other one is ended. */
  private async run(job: ReadingJob, limits: Limits): Promise<ReadingReply> {
    if (this.closed) throw new ReadingFailed('stopped', 'The app is stopping. Nothing was kept; try again when it is back.')
    const thread = this.spare ?? new ReadingThread(this.code)
    this.spare = undefined
    let sound = false
    try {
      const reply = await thread.ask(job, limits)
      sound = true
      return reply
    } catch (error) {
      sound = error instanceof ReadingFailed && (error.reason === 'refused' || error.reason === 'unavailable')
      throw error
    } finally {
      if (sound && !this.spare && !this.closed && roomForMore()) this.spare = thread
      else await thread.end()
      if (!this.closed && roomForMore()) this.spare ??= new ReadingThread(this.code)
    }
  }
}
