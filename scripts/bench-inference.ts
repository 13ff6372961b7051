/**
 * Times the inference service against other ways to run the same model, and against what the hardware allows.
 *
 *   npm run bench:inference -- [--json] [--pdf FILE…] [--adapter DIR] [--repeats N]
 *
 * Ours is timed from the bytes of a PDF to its spec. The others get the same windows; reading the PDF and assembling the
 * spec is added to their time, so that all do the same work. All take turns within each repeat.
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
import { type Inference, openInference, SHIPPED_ADAPTER } from './inference-service.js'

const NAMES = { transformers: 'transformers', transformersBatched: 'transformers-batched', llamaCpp: 'llama-cpp', bound: 'bound' } as const
type Name = keyof typeof NAMES
/** Three pages, 112 widgets: the fixture nearest to I-9's size. */
const DEFAULT_PDF = 'data/fine-tuning/extraction/fixtures/lindenmar-resident-income.pdf'

interface FormWork {
  name: string
  pdf: Uint8Array
  work: Work[]
  markers: number
  /** Seconds to read the PDF and cut its windows: part of every contestant's time. */
  reading: number
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const round = (value: number): number => Math.round(value * 1000) / 1000

/** The requests that the extractor would send, with the length of each answer for the bound. */
async function workOf(path: string, inference: Inference): Promise<FormWork> {
  const pdf = new Uint8Array(await readFile(path))
  const started = performance.now()
  const description = await describeForm(pdf.slice())
  const windows = cutWindows(description)
  const reading = (performance.now() - started) / 1000
  const requests: CompletionRequest[] = []
  for (let at = 0; at < windows.length; at += WINDOWS_PER_REQUEST) {
    requests.push(requestFor('lora-v1', windows.slice(at, at + WINDOWS_PER_REQUEST)))
  }
  const work: Work[] = []
  for (const request of requests) {
    const { completions } = await complete(request, inference)
    work.push({
      prompts: request.prompt as string[],
      grammars: request.structured_outputs?.grammar as string[],
      max_tokens: request.max_tokens,
      answer_tokens: completions.map((c) => c.tokens.length),
    })
  }
  return { name: basename(path), pdf, work, markers: description.markers.length, reading }
}

async function secondsOfOurs(form: FormWork, inference: Inference): Promise<number> {
  const started = performance.now()
  await createLoraExtractor({ ...inference, model: 'lora-v1' }).extract(form.pdf.slice())
  return (performance.now() - started) / 1000
}

async function secondsOf(form: FormWork, contestant: Contestant): Promise<number> {
  let seconds = contestant.name === 'bound' ? 0 : form.reading
  for (const work of form.work) seconds += (await contestant.run(work)).seconds
  return seconds
}

async function measure(forms: FormWork[], inference: Inference, contestants: Map<Name, Contestant>, repeats: number) {
  const seconds = new Map<Name | 'ours', number[]>()
  const add = (name: Name | 'ours', value: number) => seconds.set(name, [...(seconds.get(name) ?? []), value])
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const form of forms) {
      add('ours', await secondsOfOurs(form, inference))
      for (const [name, contestant] of contestants) {
        add(name, await secondsOf(form, contestant))
        process.stderr.write(`${form.name}, ${repeat + 1} of ${repeats}, ${name}: ${round(seconds.get(name)?.at(-1) ?? 0)} s\n`)
      }
    }
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

const inference = await openInference(options.adapter)
const contestants = new Map<Name, Contestant>()
try {
  const base = join('.formwright/base', inference.baseModel)
  for (const name of options.only) contestants.set(name, await startContestant(NAMES[name], base, options.adapter))
  const forms = await Promise.all(options.pdf.map((path) => workOf(path, inference)))
  const seconds = await measure(forms, inference, contestants, options.repeats)
  const medians = Object.fromEntries([...seconds].map(([name, values]) => [name, round(median(values))]))
  const ratios = Object.fromEntries(options.only.map((name) => [name, round((medians[name] ?? 0) / (medians.ours ?? 1))]))
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`
  const result = {
    machine,
    repeats: options.repeats,
    forms: forms.map((f) => ({ name: f.name, markers: f.markers, windows: f.work.flatMap((w) => w.prompts).length })),
    seconds: medians,
    ratios,
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    process.stdout.write(`${machine}; median of ${options.repeats}, seconds of a form; ratio to ours\n`)
    for (const [name, value] of Object.entries(medians))
      process.stdout.write(`${name.padEnd(20)} ${value}  ${ratios[name as Name] ?? ''}\n`)
  }
} finally {
  for (const contestant of contestants.values()) await contestant.close()
  await inference.close()
}
