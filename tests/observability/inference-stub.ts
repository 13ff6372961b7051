import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT, VENV_BIN } from '../../infra/local/layout.js'

/** The inference service without its model; `lines` is its log. */
export async function inferenceStub(env: Record<string, string>): Promise<{ url: string; lines: string[]; stop(): Promise<void> }> {
  const lines: string[] = []
  const PYTHONPATH = ['inference', 'contracts/python'].map((folder) => join(ROOT, folder)).join(':')
  const child = spawn(join(VENV_BIN, 'python'), [join(ROOT, 'tests/observability/inference_stub.py')], {
    env: { PATH: process.env.PATH, PYTHONPATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((over) => child.once('exit', () => over()))
  const port = await new Promise<string>((resolve, reject) => {
    const output = createInterface({ input: child.stdout })
    output.once('line', (first) => {
      output.on('line', (line) => lines.push(line))
      resolve(first)
    })
    child.once('exit', (code) => reject(new Error(`The stub ended with status ${code}.`)))
  })
  const stop = (): Promise<void> => {
    child.kill('SIGTERM')
    return ended
  }
  return { url: `http://127.0.0.1:${port}`, lines, stop }
}
