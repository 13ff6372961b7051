import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { VENV_BIN } from '../../../infra/local/layout.js'
import { workflowBundle } from '../../../workers/build-bundle.js'
import { DEPLOYMENT, versioning } from '../../../workers/versioning.js'

const TEMPORAL = join(VENV_BIN, 'temporal')
const taskQueue = 'two-builds'
const cache = mkdtempSync(join(tmpdir(), 'fw-builds-'))
const running: { worker: Worker; ended: Promise<void> }[] = []
let env: TestWorkflowEnvironment

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path: TEMPORAL } } })
}, 60_000)
afterAll(async () => {
  for (const { worker } of running) worker.shutdown()
  await Promise.all(running.map(({ ended }) => ended))
  await env?.teardown()
  rmSync(cache, { recursive: true, force: true })
}, 60_000)

/** A worker of a build, made the current one as docs/runbook.md says. */
async function release(build: string): Promise<void> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle({ entry: fileURLToPath(new URL('./workflows.ts', import.meta.url)), cache }),
    activities: { whoAmI: async () => build },
    ...versioning(build),
  })
  running.push({ worker, ended: worker.run() })
  const version = ['--deployment-name', DEPLOYMENT, '--build-id', build]
  const command = ['worker', 'deployment', 'set-current-version', ...version, '--yes', '--address', env.address]
  for (let tries = 0; ; tries++) {
    try {
      return void execFileSync(TEMPORAL, command, { stdio: 'pipe' })
    } catch (error) {
      // The server knows a build once its worker has polled.
      if (tries === 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

test('a workflow stays with the build that began it while new ones go to the current build', async () => {
  const start = (workflowId: string) => env.client.workflow.start('waits', { taskQueue, workflowId })
  await release('b1')
  const old = await start('began-under-b1')
  await old.describe()
  await release('b2')
  const fresh = await start('began-under-b2')
  for (const handle of [old, fresh]) await handle.signal('goOn')
  expect(await Promise.all([old.result(), fresh.result()])).toEqual(['b1', 'b2'])
}, 240_000)
