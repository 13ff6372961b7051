import { z } from 'zod'
import { Digest, PROMPT_VERSION } from './digest.js'

/** The subset of OpenAI's completions that we use; `structured_outputs` is vLLM's name. */
export const CompletionRequest = z.object({
  /** Base model name, adapter digest, or alias. */
  model: z.string(),
  prompt: z.union([z.string(), z.array(z.string()).min(1)]),
  max_tokens: z.int().min(1),
  temperature: z.number().min(0).max(2).default(0),
  seed: z.int().optional(),
  logprobs: z.int().min(0).max(5).optional(),
  stop: z.union([z.string(), z.array(z.string())]).optional(),
  /** EBNF; one grammar for all prompts, or one for each. */
  structured_outputs: z.object({ grammar: z.union([z.string(), z.array(z.string())]) }).optional(),
  /** What the answers will probably be, one for all prompts or one for each: checked, never believed; a right one saves time. */
  prediction: z.union([z.string(), z.array(z.string())]).optional(),
})
export type CompletionRequest = z.infer<typeof CompletionRequest>

export const CompletionResponse = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      text: z.string(),
      finish_reason: z.enum(['stop', 'length']),
      logprobs: z.object({ tokens: z.array(z.string()), token_logprobs: z.array(z.number().nullable()) }).nullish(),
    }),
  ),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
})
export type CompletionResponse = z.infer<typeof CompletionResponse>

/** Every answer names the adapter that gave it; 'base' for the untuned model. */
export const ADAPTER_HEADER = 'x-formwright-adapter'

/** `POST /v1/load_lora_adapter` (admin). `lora_path` is an s3:// URI of a folder with manifest.json, or a file:// one below the service's own adapters folder. */
export const LoadAdapterRequest = z.object({ lora_name: z.string(), lora_path: z.string(), sha256: Digest })
export type LoadAdapterRequest = z.infer<typeof LoadAdapterRequest>
export const UnloadAdapterRequest = z.object({ lora_name: z.string() })

/** `PUT /v1/aliases/{alias}` (admin): atomic, kept over a restart. */
export const SetAliasRequest = z.object({ digest: Digest })
export const AliasState = z.object({
  alias: z.string(),
  digest: Digest.nullable(),
  previous: Digest.nullable(),
  at: z.iso.datetime().nullable(),
})
export type AliasState = z.infer<typeof AliasState>

/**
 * Name of a LoRA on a vLLM server that says what an alias points to. The digest is in it, since vLLM's prefix cache
 * knows adapters by their names: one name never stands for two adapters.
 */
export const vllmAlias = (alias: string, digest: string): string => `${alias}@${digest}`

/** What our service says of a model beyond OpenAI's fields is absent from other servers. */
export const ModelList = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      id: z.string(),
      object: z.literal('model'),
      /** Unix seconds at which this process came to know it. */
      created: z.int().optional(),
      owned_by: z.string().optional(),
      parent: z.string().nullish(),
      digest: Digest.nullish(),
      state: z.enum(['base', 'candidate', 'live', 'retired']).optional(),
      aliases: z.array(z.string()).default([]),
      prompt_version: z.string().nullish(),
    }),
  ),
})
export type ModelList = z.infer<typeof ModelList>

/** Whether a model answers to the alias and was trained for the prompts that this code writes. */
export function isLiveHere(model: ModelList['data'][number], alias: string): boolean {
  return model.aliases.includes(alias) && model.prompt_version === PROMPT_VERSION
}
