import { createHash } from 'node:crypto'
import { PROMPT_VERSION, type Window } from '../../contracts/index.js'
import { parseAnswer, UnparseableAnswer } from '../answer.js'
import { type AnsweredWindow, assemble } from '../assemble.js'
import type { Completion } from '../completion.js'
import { lineConfidences } from '../confidence.js'
import { describeForm } from '../describe/index.js'
import type { ExtractOptions, Extractor } from '../extractor.js'
import type { InferenceClientOptions } from '../inference-client.js'
import { cutWindows } from '../windows.js'
import { answerAll } from './lora-requests.js'
import { answerByRules } from './rules-v1.js'

export interface LoraOptions extends InferenceClientOptions {
  /** Alias, adapter digest, or base model name. */
  model?: string
  /** Tooltips and field names as hints; left out to measure without them. */
  hints?: boolean
  baseModel?: string
  /** Dollars of one second of the inference host. */
  dollarsPerSecond?: number
}

/** A window whose answer cannot be read is answered by the rules and counted, never dropped. */
function read({ window, completion }: { window: Window; completion: Completion }): AnsweredWindow {
  try {
    return { window, answer: parseAnswer(completion.text, window, lineConfidences(completion.tokens, completion.logprobs)) }
  } catch (error) {
    if (!(error instanceof UnparseableAnswer)) throw error
    return { window, answer: answerByRules(window), fromRules: true }
  }
}

/** The adapter on the inference service, over HTTP. */
export function createLoraExtractor(options: LoraOptions): Extractor {
  const model = options.model ?? 'lora-v1'
  return {
    id: 'extraction/lora-v1',
    async extract(pdf: Uint8Array, { signal, onWindow }: ExtractOptions = {}) {
      const started = performance.now()
      const digest = createHash('sha256').update(pdf).digest('hex')
      const description = await describeForm(pdf, { hints: options.hints ?? true })
      const windows = cutWindows(description)
      onWindow?.(0, windows.length)
      const { adapter, completions, tokens } = await answerAll(windows, model, options, { signal, onWindow })
      const answered = completions.map(read)
      const seconds = (performance.now() - started) / 1000
      return assemble(description, answered, {
        variant: 'extraction/lora-v1',
        ...(adapter ? { adapter } : {}),
        ...(options.baseModel ? { baseModel: options.baseModel } : {}),
        promptVersion: PROMPT_VERSION,
        pdf: digest,
        seconds,
        dollars: seconds * (options.dollarsPerSecond ?? 0),
        tokens,
        windows: windows.length,
        unparseable: answered.filter((a) => a.fromRules).length,
        at: new Date().toISOString(),
      })
    },
  }
}
