import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'

/** One request's windows. `answers`: ours, token by token, for the bound and the agreement. */
export interface Work {
  prompts: string[]
  grammars: string[]
  max_tokens: number
  answers: string[][]
}

const Answer = z.looseObject({ seconds: z.number(), cpu_seconds: z.number(), prompt_tokens: z.int(), answer_tokens: z.int() })
const Ready = z.object({ ready: z.literal(true) })

/** A running program that answers one line of JSON per line of work. */
export interface Contestant {
  name: string
  run(work: Work): Promise<z.infer<typeof Answer>>
  close(): Promise<void>
}

/** Starts a contestant of `inference/formwright_inference_bench` and waits until its model is loaded. */
export async function startContestant(name: string, base: string, adapter: string, threads: number): Promise<Contestant> {
  const args = ['-m', 'formwright_inference_bench', name, '--base', base, '--adapter', adapter, '--threads', String(threads)]
  const child: ChildProcessWithoutNullStreams = spawn('.formwright/venv/bin/python', args, {
    env: { ...process.env, PYTHONPATH: 'inference:contracts/python:.formwright/bench', TRANSFORMERS_VERBOSITY: 'error' },
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000)
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async <T>(schema: z.ZodType<T>): Promise<T> => {
    for (;;) {
      const line = await lines.next()
      if (line.done) throw new Error(`${name} ended:\n${errors}`)
      // An engine may print lines of its own.
      if (line.value.startsWith('{')) return schema.parse(JSON.parse(line.value))
    }
  }
  await next(Ready)
  return {
    name,
    async run(work) {
      child.stdin.write(`${JSON.stringify(work)}\n`)
      return next(Answer)
    },
    async close() {
      child.stdin.end()
      child.kill('SIGTERM')
      await gone
    },
  }
}
