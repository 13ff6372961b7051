import { parentPort, workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

// Threads do not inherit the loader that runs TypeScript.
register()
const { describeForm, PdfRefused } = await import('./index.ts')

try {
  parentPort.postMessage({ description: await describeForm(workerData.pdf, workerData.options) })
} catch (error) {
  if (!(error instanceof PdfRefused)) throw error
  parentPort.postMessage({ refused: { code: error.code, message: error.message } })
}
