import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT, VENV_BIN } from '../../infra/local/layout.js'

/** A terminal of its own for the command, whose keys are what comes in here. Answers the command's status, 128 + n for a signal. */
const PTY = 'import os,pty,sys; s=os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])); sys.exit(s if s>=0 else 128-s)'
export const CTRL_C = '\u0003'

/** A command at a terminal: read what it shows, type, and wait for its end. */
export class Terminal {
  private shown = ''
  private readonly child: ChildProcess
  readonly ended: Promise<number>

  constructor(command: string[], env: Record<string, string>) {
    this.child = spawn(join(VENV_BIN, 'python'), ['-c', PTY, ...command], { cwd: ROOT, env: { ...process.env, ...env } })
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.shown += chunk.toString()
    })
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.shown += chunk.toString()
    })
    this.ended = new Promise((resolve) => this.child.once('close', (code) => resolve(code ?? -1)))
  }

  get text(): string {
    return this.shown
  }

  /** Resolves once it has shown the pattern; rejects with all that it showed when it ends first. */
  async shows(pattern: RegExp): Promise<void> {
    const end = this.ended.then((code) => ({ code }))
    while (!pattern.test(this.shown)) {
      const over = await Promise.race([end, new Promise<undefined>((resolve) => setTimeout(resolve, 100))])
      if (over && !pattern.test(this.shown)) throw new Error(`It ended with ${over.code} before it showed ${pattern}:\n${this.shown}`)
    }
  }

  type(keys: string): void {
    this.child.stdin!.write(keys)
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}
