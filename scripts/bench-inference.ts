/**
 * Times the inference service against other ways to run the same model, and against what the hardware allows.
 *
 *   npm run bench:inference -- [--json] [--pdf FILE…] [--adapter DIR] [--repeats N]
 *
 * Ours is timed from the bytes of a PDF to its spec, the others on the same windows, with the time to read the PDF added.
 * All take turns in each repeat, and none may keep a prompt from before.
 */
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import type { CompletionRequest } from '../contracts/index.js'
import { describeForm } from '../extraction/describe/index.js'
import { complete } from '../extraction/inference-client.js'
import { createLoraExtractor, requestFor, WINDOWS_PER_REQUEST } from '../extraction/variants/lora-v1.js'
import { cutWindows } from '../extraction/windows.js'
import { type Contestant, startContestant, type Work } from './bench-contestant.js'
import { SHIPPED_ADAPTER } from '../infra/local/layout.js'
import { openInference } from './inference-service.js'

const NAMES = { transformers: 'transformers', transformersBatched: 'transformers-batched', llamaCpp: 'llama-cpp', bound: 'bound' } as const
type Name = keyof typeof NAMES
const BASE_MODEL = 'SmolLM2-135M-Instruct'
/** Three pages, 112 widgets: the fixture nearest to I-9's size. */
const DEFAULT_PDF = 'data/fine-tuning/extraction/fixtures/lindenmar-resident-income.pdf'

interface Form {
  name: string
  pdf: Uint8Array
  markers: number
  /** The requests that the extractor sends. */
  requests: CompletionRequest[]
  /** Seconds to read the PDF and cut its windows: part of every contestant's time. */
  reading: number
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const round = (value: number): number => Math.round(value * 1000) / 1000

async function readForm(path: string): Promise<Form> {
  const pdf = new Uint8Array(await readFile(path))
  await describeForm(pdf.slice())
  const started = performance.now()
  const description = await describeForm(pdf.slice())
  const windows = cutWindows(description)
  const reading = (performance.now() - started) / 1000
  const requests: CompletionRequest[] = []
  for (let at = 0; at < windows.length; at += WINDOWS_PER_REQUEST) {
    requests.push(requestFor('lora-v1', windows.slice(at, at + WINDOWS_PER_REQUEST)))
  }
  return { name: basename(path), pdf, markers: description.markers.length, requests, reading }
}

/** Ours in a service that has seen none of the forms, so that nothing of a prompt is kept from before. */
async function runOurs(forms: Form[], adapter: string): Promise<{ seconds: number; work: Work[] }> {
  const inference = await openInference(adapter)
  try {
    const started = performance.now()
    for (const form of forms) await createLoraExtractor({ ...inference, model: 'lora-v1' }).extract(form.pdf.slice())
    const seconds = (performance.now() - started) / 1000
    const work: Work[] = []
    for (const request of forms.flatMap((form) => form.requests)) {
      const { completions } = await complete(request, inference)
      work.push({
        prompts: request.prompt as string[],
        grammars: request.structured_outputs?.grammar as string[],
        max_tokens: request.max_tokens,
        answer_tokens: completions.map((c) => c.tokens.length),
      })
    }
    return { seconds, work }
  } finally {
    await inference.close()
  }
}

async function runOther(forms: Form[], work: Work[], contestant: Contestant): Promise<number> {
  let seconds = contestant.name === 'bound' ? 0 : forms.reduce((sum, form) => sum + form.reading, 0)
  for (const request of work) {
    const { seconds: took, prompt_tokens, answer_tokens, ...details } = await contestant.run(request)
    process.stderr.write(`${contestant.name}: ${round(took)} s, ${prompt_tokens} + ${answer_tokens} tokens ${JSON.stringify(details)}\n`)
    seconds += took
  }
  return seconds
}

const options = new Command('bench-inference')
  .option('--json', 'one line of JSON on standard output')
  .option('--pdf <files...>', 'forms to extract', [DEFAULT_PDF])
  .option('--adapter <dir>', 'adapter folder in the layout of PEFT', SHIPPED_ADAPTER)
  .option('--repeats <n>', 'turns of each contestant', Number, 3)
  .option('--only <names...>', 'contestants', Object.keys(NAMES))
  .parse()
  .opts<{ json?: boolean; pdf: string[]; adapter: string; repeats: number; only: Name[] }>()

const contestants = new Map<Name, Contestant>()
try {
  const base = join('.formwright/base', BASE_MODEL)
  const forms = await Promise.all(options.pdf.map(readForm))
  const seconds = new Map<Name | 'ours', number[]>()
  const add = (name: Name | 'ours', value: number) => seconds.set(name, [...(seconds.get(name) ?? []), value])
  for (const name of options.only) contestants.set(name, await startContestant(NAMES[name], base, options.adapter))
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const ours = await runOurs(forms, options.adapter)
    process.stderr.write(`ours: ${round(ours.seconds)} s, ${ours.work.flatMap((w) => w.answer_tokens).reduce((a, b) => a + b, 0)} tokens\n`)
    add('ours', ours.seconds)
    for (const [name, contestant] of contestants) add(name, await runOther(forms, ours.work, contestant))
  }
  // A ratio within each turn, so that what else the machine does in that minute falls on both.
  const ratio = (name: Name) => median((seconds.get(name) ?? []).map((value, turn) => value / (seconds.get('ours')?.[turn] ?? 1)))
  const result = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    repeats: options.repeats,
    forms: forms.map((form) => ({ name: form.name, markers: form.markers, windows: form.requests.flatMap((r) => r.prompt).length })),
    seconds: Object.fromEntries([...seconds].map(([name, values]) => [name, round(median(values))])),
    ratios: Object.fromEntries(options.only.map((name) => [name, round(ratio(name))])),
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    process.stdout.write(`${result.machine}; medians of ${options.repeats}: seconds, and ratio to ours\n`)
    for (const [name, value] of Object.entries(result.seconds))
      process.stdout.write(`${name.padEnd(20)} ${value}  ${result.ratios[name as Name] ?? ''}\n`)
  }
} finally {
  for (const contestant of contestants.values()) await contestant.close()
}
