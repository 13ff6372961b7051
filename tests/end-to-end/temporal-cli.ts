import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { VENV_BIN } from '../../infra/local/layout.js'
import type { Platform } from '../../infra/local/platform.js'

/** Answers stdout of `temporal …` against a platform. Rejects with `stderr` and `stdout` when its status is not 0. */
export async function temporal({ env }: Platform, ...args: string[]): Promise<string> {
  const address = ['--address', env.FORMWRIGHT_TEMPORAL_ADDRESS!]
  return (await promisify(execFile)(join(VENV_BIN, 'temporal'), [...args, ...address, '--output', 'json'])).stdout
}

/** Starts a run as README.md says. */
export async function startByCli(platform: Platform, input: string, ...more: string[]): Promise<{ workflowId: string; runId: string }> {
  const type = ['--type', 'fineTuneExtraction', '--task-queue', 'formwright', '--input', input]
  return JSON.parse(await temporal(platform, 'workflow', 'start', ...type, ...more)) as { workflowId: string; runId: string }
}
