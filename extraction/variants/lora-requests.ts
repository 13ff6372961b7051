import type { CompletionRequest, Window } from '../../contracts/index.js'
import { answerGrammar, renderAnswer } from '../answer.js'
import type { Completion, Completions } from '../completion.js'
import { type ExtractOptions, ExtractorUnavailable } from '../extractor.js'
import { complete, type InferenceClientOptions, InferenceUnavailable } from '../inference-client.js'
import { renderPrompt } from '../prompt.js'
import { answerByRules } from './rules-v1.js'

/** Windows of one request: few enough for steady progress. Requests of one form are under way together, as one batch of the engine. */
export const WINDOWS_PER_REQUEST = 8
/** As many windows as the engine answers at once; more would only wait, each with its time limit running. */
const REQUESTS_AT_ONCE = 4
const TOKENS_PER_MARKER = 40
const TOKENS_FOR_SECTION = 40

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
    // The model mostly agrees with the rules, which its prompt shows.
    prediction: windows.map((window) => renderAnswer(window, answerByRules(window))),
  }
}

async function ask(model: string, windows: Window[], options: InferenceClientOptions, signal?: AbortSignal): Promise<Completions> {
  const result = await complete(requestFor(model, windows), options, signal).catch((cause: unknown) => {
    if (cause instanceof InferenceUnavailable) throw new ExtractorUnavailable('extraction/lora-v1', cause.message, { cause })
    throw cause
  })
  if (result.completions.length === windows.length) return result
  throw new ExtractorUnavailable(
    'extraction/lora-v1',
    `Expected ${windows.length} answers from the inference service, got ${result.completions.length}.`,
  )
}

/**
 * All windows, in requests that are under way together. One form is answered by one adapter: what another one answered,
 * because the alias was moved meanwhile, is asked again of the first request's.
 */
export async function answerAll(windows: Window[], model: string, options: InferenceClientOptions, { signal, onWindow }: ExtractOptions) {
  // The longest answers begin first, so that none of them runs alone at the end.
  const ordered = windows.map((window, place) => ({ window, place })).sort((a, b) => b.window.markers.length - a.window.markers.length)
  const batches: Window[][] = []
  for (let at = 0; at < ordered.length; at += WINDOWS_PER_REQUEST)
    batches.push(ordered.slice(at, at + WINDOWS_PER_REQUEST).map(({ window }) => window))
  // One that fails takes the others with it: nobody would read their answers.
  const stop = new AbortController()
  const signals = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const results: Completions[] = []
  let [next, done] = [0, 0]
  const client = async () => {
    while (next < batches.length) {
      const at = next++
      // The request before leaves while this one is written.
      await new Promise(setImmediate)
      const batch = batches[at]!
      results[at] = await ask(model, batch, options, signals)
      done += batch.length
      onWindow?.(done, windows.length)
    }
  }
  const clients = Array.from({ length: Math.min(REQUESTS_AT_ONCE, batches.length) }, client)
  await Promise.all(clients).catch((cause: unknown) => {
    stop.abort(cause)
    throw cause
  })
  const adapter = results[0]?.adapter ?? ''
  for (const [at, batch] of batches.entries()) {
    if (results[at]!.adapter === adapter) continue
    results[at] = await ask(adapter, batch, options, signal)
    if (results[at].adapter !== adapter)
      throw new ExtractorUnavailable('extraction/lora-v1', 'The adapter was changed during this extraction; extract again.')
  }
  const sum = (of: (usage: Completions['usage']) => number) => results.reduce((total, { usage }) => total + of(usage), 0)
  const completions: { window: Window; completion: Completion }[] = []
  const all = results.flatMap((result) => result.completions)
  for (const [i, { window, place }] of ordered.entries()) completions[place] = { window, completion: all[i]! }
  return {
    adapter,
    completions,
    tokens: { prompt: sum((usage) => usage.prompt), completion: sum((usage) => usage.completion) },
  }
}
