import { createHash } from 'node:crypto'
import { PROMPT_VERSION } from '../../contracts/index.js'
import { assemble } from '../assemble.js'
import { describeForm } from '../describe/index.js'
import type { Extractor } from '../extractor.js'
import { cutWindows } from '../windows.js'
import { answerByRules } from './rules-v1.js'

export interface RulesOptions {
  hints?: boolean
}

/** The honest baseline: nearest text and patterns, no model. */
export function createRulesExtractor(options: RulesOptions = {}): Extractor {
  return {
    id: 'extraction/rules-v1',
    async extract(pdf, { signal, onWindow } = {}) {
      const started = performance.now()
      const digest = createHash('sha256').update(pdf).digest('hex')
      const description = await describeForm(pdf, { hints: options.hints ?? true })
      signal?.throwIfAborted()
      const windows = cutWindows(description)
      onWindow?.(0, windows.length)
      const answered = windows.map((window) => ({ window, answer: answerByRules(window) }))
      onWindow?.(windows.length, windows.length)
      return assemble(description, answered, {
        variant: 'extraction/rules-v1',
        promptVersion: PROMPT_VERSION,
        pdf: digest,
        seconds: (performance.now() - started) / 1000,
        dollars: 0,
        tokens: { prompt: 0, completion: 0 },
        windows: windows.length,
        unparseable: 0,
        at: new Date().toISOString(),
      })
    },
  }
}
