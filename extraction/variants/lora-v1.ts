import { createHash } from 'node:crypto'
import { type CompletionRequest, PROMPT_VERSION, type Window } from '../../contracts/index.js'
import { answerGrammar, lineConfidences, parseAnswer, UnparseableAnswer } from '../answer.js'
import { type AnsweredWindow, assemble } from '../assemble.js'
import { describeForm } from '../describe/index.js'
import { type ExtractOptions, type Extractor, ExtractorUnavailable } from '../extractor.js'
import type { Completion } from '../completion.js'
import { complete, type InferenceClientOptions, InferenceUnavailable } from '../inference-client.js'
import { renderPrompt } from '../prompt.js'
import { cutWindows } from '../windows.js'
import { answerByRules } from './rules-v1.js'

/** Windows of one request: enough to keep a batching engine busy, few enough for steady progress. */
export const WINDOWS_PER_REQUEST = 16
const TOKENS_PER_MARKER = 40
const TOKENS_FOR_SECTION = 40

export interface LoraOptions extends InferenceClientOptions {
  /** Alias, adapter digest, or base model name. */
  model?: string
  /** Tooltips and field names as hints; left out to measure without them. */
  hints?: boolean
  baseModel?: string
  /** Dollars of one second of the inference host. */
  dollarsPerSecond?: number
}

/** The request that asks for the answers of these windows. */
export function requestFor(model: string, windows: Window[]): CompletionRequest {
  return {
    model,
    prompt: windows.map(renderPrompt),
    max_tokens: TOKENS_FOR_SECTION + TOKENS_PER_MARKER * Math.max(...windows.map((w) => w.markers.length)),
    temperature: 0,
    seed: 0,
    logprobs: 0,
    structured_outputs: { grammar: windows.map(answerGrammar) },
  }
}

/** A window whose answer cannot be read is answered by the rules and counted, never dropped. */
function read(window: Window, completion: Completion): AnsweredWindow {
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
      const answered: AnsweredWindow[] = []
      const tokens = { prompt: 0, completion: 0 }
      let adapter = ''
      for (let at = 0; at < windows.length; at += WINDOWS_PER_REQUEST) {
        const batch = windows.slice(at, at + WINDOWS_PER_REQUEST)
        // After the first answer the digest is asked for, so that one form is answered by one adapter.
        const result = await complete(requestFor(adapter === '' || adapter === 'base' ? model : adapter, batch), options, signal).catch(
          (cause: unknown) => {
            if (cause instanceof InferenceUnavailable) throw new ExtractorUnavailable('extraction/lora-v1', cause.message, { cause })
            throw cause
          },
        )
        if (result.completions.length !== batch.length)
          throw new ExtractorUnavailable(
            'extraction/lora-v1',
            `Expected ${batch.length} answers from the inference service, got ${result.completions.length}.`,
          )
        if (adapter !== '' && adapter !== result.adapter)
          throw new ExtractorUnavailable('extraction/lora-v1', 'The adapter was changed during this extraction; extract again.')
        adapter = result.adapter
        tokens.prompt += result.usage.prompt
        tokens.completion += result.usage.completion
        answered.push(...batch.map((window, i) => read(window, result.completions[i]!)))
        onWindow?.(answered.length, windows.length)
      }
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
