import { z } from 'zod'
import { type CompletionRequest, vllmAlias } from '../contracts/index.js'
import type { Completions } from './completion.js'

/** `GET /v1/models` of vLLM: a LoRA adapter's `root` is the folder that it was loaded from. */
const VllmModels = z.object({ data: z.array(z.object({ id: z.string(), root: z.string().nullish(), parent: z.string().nullish() })) })

type Ask = (request: CompletionRequest) => Promise<Completions>

/** One request for each prompt: vLLM takes one grammar a request, and batches requests by itself. */
export function requestsForVllm(request: CompletionRequest): CompletionRequest[] {
  const prompts = typeof request.prompt === 'string' ? [request.prompt] : request.prompt
  const grammar = request.structured_outputs?.grammar
  // vLLM guesses ahead by its own settings.
  const { prediction: _, ...rest } = request
  return prompts.map((prompt, i) => {
    const own = Array.isArray(grammar) ? grammar[i] : grammar
    return { ...rest, prompt, ...(own === undefined ? {} : { structured_outputs: { grammar: own } }) }
  })
}

/**
 * What vLLM serves under a name, and its adapter's digest, by its folder's name; `base` for a base model. An alias is
 * whatever was loaded last as `alias@digest`; it is asked for by its digest, which shares the weights that are loaded.
 * Throws when vLLM knows neither.
 */
export function servedAs(models: unknown, name: string): { model: string; adapter: string } {
  const { data } = VllmModels.parse(models)
  const found = data.find(({ id }) => id === name) ?? data.findLast(({ id }) => id.startsWith(vllmAlias(name, '')))
  if (!found) throw new Error(`vLLM serves no model ${name}.`)
  if (!found.parent) return { model: found.id, adapter: 'base' }
  const digest = /([0-9a-f]{64})\/?$/.exec(found.root ?? '')?.[1]
  if (!digest) throw new Error(`vLLM’s ${name} was loaded from ${found.root}: expected a folder that is named after the adapter's digest.`)
  return { model: data.some(({ id }) => id === digest) ? digest : found.id, adapter: digest }
}

/** The answers to all prompts, in their order, as our own service gives them in one answer. */
export async function completeOnVllm(request: CompletionRequest, ask: Ask, models: () => Promise<unknown>): Promise<Completions> {
  const { model, adapter } = servedAs(await models(), request.model)
  const answers = await Promise.all(requestsForVllm({ ...request, model }).map(ask))
  const sum = (of: (usage: Completions['usage']) => number): number => answers.reduce((total, { usage }) => total + of(usage), 0)
  return {
    adapter,
    completions: answers.flatMap(({ completions }) => completions),
    usage: { prompt: sum(({ prompt }) => prompt), completion: sum(({ completion }) => completion) },
  }
}
