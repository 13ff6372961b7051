/**
 * Times the inference service against other ways to run the same model, and against what the hardware allows.
 *
 *   npm run bench:inference -- [--json] [--pdf FILE…] [--adapter DIR] [--repeats N] [--threads N]
 *
 * Ours is timed from the bytes of a PDF to its spec, the others on the same windows, with the time to read the PDF added.
 * All take turns in each repeat, and none may keep a prompt from before. `ratios` are of time by the clock; `cpuRatios`, of
 * time on the cores, also hold where other programs share them (with one thread, since threads that wait for each other
 * burn time too). One repeat is the quick form.
 */
import { readFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import type { CompletionRequest } from '../contracts/index.js'
import { describeForm } from '../extraction/describe/index.js'
import { complete } from '../extraction/inference-client.js'
import { requestFor } from '../extraction/variants/lora-requests.js'
import { createLoraExtractor } from '../extraction/variants/lora-v1.js'
import { cutWindows } from '../extraction/windows.js'
import { type Contestant, startContestant, type Work } from './bench-contestant.js'
import { SHIPPED_ADAPTER } from '../infra/local/layout.js'
import { type Inference, openInference } from './inference-service.js'

const NAMES = { transformers: 'transformers', transformersBatched: 'transformers-batched', llamaCpp: 'llama-cpp', bound: 'bound' } as const
type Name = keyof typeof NAMES
/** The service's limit. */
const MOST_PROMPTS = 64
const BASE_MODEL = 'SmolLM2-135M-Instruct'
/** Three pages, 112 widgets: the fixture nearest to I-9's size. */
const DEFAULT_PDF = 'data/fine-tuning/extraction/fixtures/lindenmar-resident-income.pdf'

const Agreed = z.looseObject({ chosen: z.int(), same: z.int() })

interface Form {
  name: string
  pdf: Uint8Array
  markers: number
  /** All its windows, in one request when it takes them: what a batch gains, every contestant may gain. */
  requests: CompletionRequest[]
  /** To read the PDF and cut its windows: part of every contestant's time. */
  reading: Taken
}

/** Seconds by the clock, and of all cores together. */
interface Taken {
  seconds: number
  cpu: number
}

const ownCpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
const plus = (a: Taken, b: Taken): Taken => ({ seconds: a.seconds + b.seconds, cpu: a.cpu + b.cpu })

/** Of this process, and of another when it says what it has used so far. */
async function taken(action: () => Promise<unknown>, otherCpu: () => Promise<number> = async () => 0): Promise<Taken> {
  const [started, cpu, other] = [performance.now(), ownCpu(), await otherCpu()]
  await action()
  const seconds = (performance.now() - started) / 1000
  return { seconds, cpu: ownCpu() - cpu + (await otherCpu()) - other }
}

/** What the service has used so far, by its own metrics. */
async function serviceCpu({ url, token }: Inference): Promise<number> {
  const response = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${token}` } })
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(await response.text())?.[1])
}

const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}
const round = (value: number): number => Math.round(value * 1000) / 1000

async function readForm(path: string): Promise<Form> {
  const pdf = new Uint8Array(await readFile(path))
  const description = await describeForm(pdf.slice())
  const windows = cutWindows(description)
  const reading = await taken(async () => cutWindows(await describeForm(pdf.slice())))
  const requests: CompletionRequest[] = []
  for (let at = 0; at < windows.length; at += MOST_PROMPTS) requests.push(requestFor('lora-v1', windows.slice(at, at + MOST_PROMPTS)))
  return { name: basename(path), pdf, markers: description.markers.length, requests, reading }
}

/** Ours in a service that has seen none of the forms, so that nothing of a prompt is kept from before. */
async function runOurs(forms: Form[], adapter: string): Promise<{ took: Taken; work: Work[] }> {
  const inference = await openInference(adapter)
  try {
    const extractor = createLoraExtractor({ ...inference, model: 'lora-v1' })
    const all = async () => {
      for (const form of forms) await extractor.extract(form.pdf.slice())
    }
    const took = await taken(all, () => serviceCpu(inference))
    const work: Work[] = []
    for (const request of forms.flatMap((form) => form.requests)) {
      const { completions } = await complete(request, inference)
      work.push({
        prompts: request.prompt as string[],
        grammars: request.structured_outputs?.grammar as string[],
        max_tokens: request.max_tokens,
        answers: completions.map((c) => c.tokens),
      })
    }
    return { took, work }
  } finally {
    await inference.close()
  }
}

/** Of the tokens that a grammar left open, those that transformers and peft would have chosen too after the same beginning. */
async function agreement(work: Work[], base: string): Promise<{ chosen: number; same: number }> {
  const reader = await startContestant('agreement', base, options.adapter, options.threads)
  const sum = { chosen: 0, same: 0 }
  try {
    for (const request of work) {
      const { chosen, same } = Agreed.parse(await reader.run(request))
      sum.chosen += chosen
      sum.same += same
    }
  } finally {
    await reader.close()
  }
  return sum
}

async function runOther(forms: Form[], work: Work[], contestant: Contestant): Promise<Taken> {
  let sum: Taken = { seconds: 0, cpu: 0 }
  if (contestant.name !== 'bound') for (const { reading } of forms) sum = plus(sum, reading)
  for (const request of work) {
    const { seconds, cpu_seconds: cpu, prompt_tokens, answer_tokens, ...details } = await contestant.run(request)
    process.stderr.write(`${contestant.name}: ${round(seconds)} s, ${prompt_tokens} + ${answer_tokens} tokens ${JSON.stringify(details)}\n`)
    sum = plus(sum, { seconds, cpu })
  }
  return sum
}

const options = new Command('bench-inference')
  .option('--json', 'one line of JSON on standard output')
  .option('--pdf <files...>', 'forms to extract', [DEFAULT_PDF])
  .option('--adapter <dir>', 'adapter folder in the layout of PEFT', SHIPPED_ADAPTER)
  .option('--repeats <n>', 'turns of each contestant', Number, 3)
  .option('--threads <n>', 'of each contestant', Number, cpus().length)
  .option('--only <names...>', 'contestants', Object.keys(NAMES))
  .parse()
  .opts<{ json?: boolean; pdf: string[]; adapter: string; repeats: number; threads: number; only: Name[] }>()
process.env.FORMWRIGHT_INFERENCE_THREADS = String(options.threads)

const contestants = new Map<Name, Contestant>()
try {
  const base = join('.formwright/base', BASE_MODEL)
  const forms = await Promise.all(options.pdf.map(readForm))
  const turns = new Map<Name | 'ours', Taken[]>()
  const add = (name: Name | 'ours', value: Taken) => turns.set(name, [...(turns.get(name) ?? []), value])
  for (const name of options.only) contestants.set(name, await startContestant(NAMES[name], base, options.adapter, options.threads))
  let answered: Work[] = []
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const ours = await runOurs(forms, options.adapter)
    process.stderr.write(`ours: ${round(ours.took.seconds)} s, ${ours.work.flatMap((w) => w.answers.flat()).length} tokens\n`)
    add('ours', ours.took)
    answered = ours.work
    for (const [name, contestant] of contestants) add(name, await runOther(forms, ours.work, contestant))
  }
  // A ratio within each turn, so that what else the machine does in that minute falls on both.
  const ratios = (kind: keyof Taken) =>
    Object.fromEntries(
      options.only.map((name) => [
        name,
        round(median((turns.get(name) ?? []).map((t, turn) => t[kind] / turns.get('ours')![turn]![kind]))),
      ]),
    )
  const medians = (kind: keyof Taken) => Object.fromEntries([...turns].map(([name, all]) => [name, round(median(all.map((t) => t[kind])))]))
  const result = {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    load: round(loadavg()[0] ?? 0),
    repeats: options.repeats,
    threads: options.threads,
    forms: forms.map((form) => ({ name: form.name, markers: form.markers, windows: form.requests.flatMap((r) => r.prompt).length })),
    seconds: medians('seconds'),
    ratios: ratios('seconds'),
    cpuSeconds: medians('cpu'),
    cpuRatios: ratios('cpu'),
    agreement: await agreement(answered, base),
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    process.stdout.write(
      `${result.machine}, load ${result.load}; medians of ${options.repeats}: seconds, ratio to ours; the same of the cores\n`,
    )
    for (const name of turns.keys()) {
      const columns = [result.seconds[name], result.ratios[name] ?? 1, result.cpuSeconds[name], result.cpuRatios[name] ?? 1]
      process.stdout.write(`${name.padEnd(20)} ${columns.map((value) => String(value).padStart(9)).join(' ')}\n`)
    }
    process.stdout.write(
      `${result.agreement.same} of ${result.agreement.chosen} chosen tokens are what transformers and peft would choose\n`,
    )
  }
} finally {
  for (const contestant of contestants.values()) await contestant.close()
}
