// A thread that opens PDFs: what they do to memory and time ends with it.
import { parentPort } from 'node:worker_threads'
import { describeForm, PdfRefused } from '../../extraction/describe/index.js'
import { ExtractorUnavailable } from '../../extraction/extractor.js'
import { createExtractor } from '../../extraction/registry.js'
import type { ReadingJob, ReadingReply } from './messages.js'

const reply = (message: ReadingReply): void => parentPort!.postMessage(message)

async function answer(job: ReadingJob): Promise<ReadingReply> {
  if (job.kind === 'describe') return { kind: 'described', description: await describeForm(job.pdf) }
  const extractor = createExtractor(job.variant, job.options)
  return {
    kind: 'extracted',
    result: await extractor.extract(job.pdf, { onWindow: (done, total) => reply({ kind: 'window', done, total }) }),
  }
}

parentPort!.on('message', (job: ReadingJob) => {
  answer(job).then(reply, (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof PdfRefused) return reply({ kind: 'refused', message })
    if (error instanceof ExtractorUnavailable) return reply({ kind: 'unavailable', message })
    reply({ kind: 'failed', message })
  })
})
reply({ kind: 'ready' })
