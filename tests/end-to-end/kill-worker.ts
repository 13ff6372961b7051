import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { WorkflowHandle } from '@temporalio/client'
import { type Stage, STAGES } from '../../contracts/index.js'
import { ROOT } from '../../infra/local/layout.js'
import type { Platform } from '../../infra/local/platform.js'
import { git } from './throwaway.js'
import type { WithholdingProxy } from './withholding-proxy.js'

export interface Scene {
  platform: Platform
  repository: string
  s3: WithholdingProxy
  inference: WithholdingProxy
  handle: WorkflowHandle
}

/** The stage as Temporal has it, which needs no worker. */
async function stageOf(handle: WorkflowHandle): Promise<Stage | undefined> {
  return (await handle.describe()).searchAttributes.FormwrightStage?.[0] as Stage | undefined
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(25)
}

/** Git that has moved a run's branch does not say so for a while. */
const SLOW_HOOK = '#!/bin/sh\n[ "$1" = committed ] && grep -q refs/heads/catalog/ && sleep 10\nexit 0\n'

/**
 * When to kill in each stage. Where a stage has an effect outside, that is once it has happened and before the worker
 * knows of it: only then could a second try show twice.
 */
const MOMENTS: Record<Stage, (scene: Scene) => Promise<unknown>> = {
  curating: ({ s3 }) => s3.withhold('PUT', /\/datasets\//),
  'awaiting-approval': ({ handle }) => until(async () => (await stageOf(handle)) === 'awaiting-approval'),
  training: async ({ platform }) => {
    const before = (await platform.ec2.instances()).length
    await platform.ec2.order({ action: 'RunInstances', after: true, hang_seconds: 20 })
    await until(async () => (await platform.ec2.instances()).length > before)
  },
  publishing: ({ s3 }) => s3.withhold('PUT', /\/adapters\/[0-9a-f]{64}\/adapter_model/),
  deploying: ({ inference }) => inference.withhold('POST', /load_lora_adapter/),
  evaluating: ({ s3 }) => s3.withhold('PUT', /\/results\//),
  deciding: ({ inference }) => inference.withhold('GET', /metrics/),
  committing: async ({ repository }) => {
    const hook = join(repository, '.git', 'hooks', 'reference-transaction')
    await writeFile(hook, SLOW_HOOK, { mode: 0o755 })
    await until(async () => git(repository, 'branch', '--list', 'catalog/*').length > 0)
    await rm(hook)
  },
}

/** `npm run approve` */
async function approve({ platform, handle }: Scene): Promise<void> {
  const command = ['--import', 'tsx', 'scripts/approve.ts', '--run', handle.workflowId, '--as', 'ann']
  await promisify(execFile)(process.execPath, command, { cwd: ROOT, env: { ...process.env, ...platform.env } })
}

/** Kills the worker once in every stage of a run and starts it again; answers the stages in which it was. */
export async function killWorkerInEachStage(scene: Scene): Promise<(Stage | undefined)[]> {
  const killed: (Stage | undefined)[] = []
  let moment = MOMENTS[STAGES[0]](scene)
  for (const [i, stage] of STAGES.entries()) {
    await moment
    await scene.platform.part('worker').kill()
    killed.push(await stageOf(scene.handle))
    // Looked out for while nothing can move.
    const next = STAGES[i + 1]
    if (next) moment = MOMENTS[next](scene)
    await scene.platform.start('worker')
    if (stage === 'awaiting-approval') await approve(scene)
  }
  return killed
}
