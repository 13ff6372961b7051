import { access } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const KEY = 'key-of-sixteen-letters'
const BASE = { id: 'Mistral-7B-Instruct-v0.3', root: '/bases/Mistral-7B-Instruct-v0.3', parent: null }

/** What vLLM says of an error, in its own shape. */
const refusal = (status: number, type: string, message: string) => ({
  status,
  body: JSON.stringify({ error: { message, type, param: null, code: status } }),
})
const text = (body: string) => ({ status: 200, body: JSON.stringify(body) })

export interface VllmStandIn {
  url: string
  token: string
  /** LoRAs by name, with the folder that each was loaded from. */
  readonly loras: Map<string, string>
  /** Every model that a completion was asked of. */
  readonly asked: string[]
  /** What a restart does: everything that was loaded at run time is gone. */
  restart(): void
  close(): void
}

/**
 * The part of vLLM's OpenAI server that deals with LoRAs, by the rules of its `entrypoints/openai/models/serving.py`: a name
 * that is loaded is refused, an unknown one too, a folder has to be on its disk. Completions name what they were asked of.
 */
export async function vllmStandIn(): Promise<VllmStandIn> {
  const loras = new Map<string, string>()
  const asked: string[] = []

  async function load({ lora_name: name, lora_path: path }: Record<string, string>) {
    if (!name || !path) return refusal(400, 'InvalidUserInput', "Both 'lora_name' and 'lora_path' must be provided.")
    if (loras.has(name)) return refusal(400, 'InvalidUserInput', `The lora adapter '${name}' has already been loaded.`)
    const there = await Promise.all(['adapter_config.json', 'adapter_model.safetensors'].map((file) => access(join(path, file)))).catch(
      () => null,
    )
    if (!there) return refusal(404, 'NotFoundError', `Loading lora ${name} failed: No adapter found for ${path}`)
    loras.set(name, path)
    return text(`Success: LoRA adapter '${name}' added successfully.`)
  }

  function unload({ lora_name: name }: Record<string, string>) {
    if (!loras.delete(name!)) return refusal(404, 'NotFoundError', `The lora adapter '${name}' cannot be found.`)
    return text(`Success: LoRA adapter '${name}' removed successfully.`)
  }

  function models() {
    const cards = [...loras].map(([id, root]) => ({ id, root, parent: BASE.id }))
    return {
      status: 200,
      body: JSON.stringify({
        object: 'list',
        data: [BASE, ...cards].map((card) => ({ object: 'model', created: 1, owned_by: 'vllm', ...card })),
      }),
    }
  }

  function complete({ model, prompt }: Record<string, string>) {
    if (model !== BASE.id && !loras.has(model!)) return refusal(404, 'NotFoundError', `The model \`${model}\` does not exist.`)
    asked.push(model!)
    const choices = [{ index: 0, text: `${loras.get(model!) ?? 'base'} to ${prompt}`, logprobs: null, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
    return { status: 200, body: JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model, choices, usage }) }
  }

  const routes: Record<
    string,
    (body: Record<string, string>) => { status: number; body: string } | Promise<{ status: number; body: string }>
  > = {
    'GET /v1/models': models,
    'POST /v1/load_lora_adapter': load,
    'POST /v1/unload_lora_adapter': unload,
    'POST /v1/completions': complete,
    'GET /metrics': () => ({ status: 200, body: 'process_resident_memory_bytes 2.097152e+06\n' }),
  }

  const answer = async (request: IncomingMessage) => {
    const route = routes[`${request.method} ${request.url}`]
    if (!route) return refusal(404, 'NotFoundError', 'Not Found')
    // Its key guards /v1 only.
    if (request.url!.startsWith('/v1') && request.headers.authorization !== `Bearer ${KEY}`)
      return { status: 401, body: '{"error":"Unauthorized"}' }
    let given = ''
    for await (const chunk of request) given += chunk
    return route(given === '' ? {} : (JSON.parse(given) as Record<string, string>))
  }
  const server = createServer((request, response) => {
    answer(request).then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, token: KEY, loras, asked, restart: () => loras.clear(), close: () => server.close() }
}
