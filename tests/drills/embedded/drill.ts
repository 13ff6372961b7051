import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { type Ending, RunRecord, type Stage, STAGES, TAGS, workflowIdOf } from '../../../contracts/index.js'
import { git } from '../../end-to-end/throwaway.js'
import { pick, randomOf } from '../simulation/random.js'
import { FAULTS, type Fault, isOf, type Scene } from './faults.js'
import { DRILL_INPUT, DRILL_STEPS, type Setting } from './setting.js'

export interface Drilled {
  seed: number
  faults: string[]
  ended: Ending | 'terminated'
  seconds: number
  attempts: number
  dollars: number
  wrong: string[]
}

/** Faults that a seed orders: one, or two of which only one decides and none is a termination. */
export function faultsOf(seed: number): Fault[] {
  const random = randomOf(seed)
  const first = FAULTS[seed % FAULTS.length]!
  if (first.gone || random() < 0.5) return [first]
  const second = pick(random, FAULTS)
  const clash = second === first || second.gone || (second.decides && first.decides) || (second.endings && first.endings)
  return clash ? [first] : [first, second]
}

/** Runs once with a seed's faults and checks what must hold. `losses`: the curve of an undisturbed run; the first clean one sets it. */
export async function drill(setting: Setting, seed: number, losses: { curve?: string }): Promise<Drilled> {
  const faults = faultsOf(seed)
  const began = Date.now()
  const adapter = `drill-${seed}`
  for (const fault of faults) await fault.before?.(setting)
  const { handle } = await setting.runs.start({ ...DRILL_INPUT, adapter })
  const end = new AbortController()
  const scene = sceneOf(setting, handle, end.signal)
  // A fault that finds its run ended already has nothing left to do.
  const playing = [decide(scene, faults), ...faults.map((fault) => fault.during?.(scene) ?? Promise.resolve())]
  for (const part of playing) part.catch(() => undefined)
  const ended = await endingOf(setting, handle)
  end.abort()
  await Promise.allSettled(playing)
  setting.s3.clear()
  await setting.platform.ec2.clearFaults()
  const { wrong, record } = await check(setting, handle, faults, ended, losses)
  const seconds = Math.round((Date.now() - began) / 1000)
  return {
    seed,
    faults: faults.map((fault) => fault.name),
    ended,
    seconds,
    attempts: record?.attempts.length ?? 0,
    dollars: record?.dollars ?? 0,
    wrong,
  }
}

function sceneOf(setting: Setting, handle: WorkflowHandle, over: AbortSignal): Scene {
  const poll = async <T>(look: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      over.throwIfAborted()
      const found = await look().catch(() => null)
      if (found) return found
      await sleep(50, undefined, { signal: over })
    }
  }
  return {
    setting,
    handle,
    // By the search attribute: it is there without a worker too.
    reached: async (stage) =>
      void (await poll(async () => {
        const now = (await handle.describe()).searchAttributes.FormwrightStage?.[0] as Stage | undefined
        return now !== undefined && STAGES.indexOf(now) >= STAGES.indexOf(stage) ? now : null
      })),
    seen: (what) =>
      poll(async () => {
        const progress = await setting.runs.progress(handle)
        return progress && what(progress) ? progress : null
      }),
  }
}

async function decide(scene: Scene, faults: Fault[]): Promise<void> {
  const { quote } = await scene.seen((progress) => progress.quote !== null && progress.stage === 'awaiting-approval')
  const decides = faults.find((fault) => fault.decides)?.decides
  if (decides) await decides(scene, quote!)
  else await scene.handle.signal('approveSpend', { quoteDigest: quote!.digest, planDigest: quote!.planDigest, approver: 'ann' })
}

/** Waits by describing, which needs neither a worker nor one connection that lasts. */
async function endingOf(setting: Setting, handle: WorkflowHandle): Promise<Ending | 'terminated'> {
  for (;;) {
    const status = await handle.describe().then(
      (description) => description.status.name,
      () => 'RUNNING' as const,
    )
    if (status === 'TERMINATED') return 'terminated'
    if (status !== 'RUNNING') return (await setting.runs.ended(handle)).ending
    await sleep(250)
  }
}

async function check(setting: Setting, handle: WorkflowHandle, faults: Fault[], ended: Ending | 'terminated', losses: { curve?: string }) {
  const wrong: string[] = []
  const holds = (is: boolean, what: string): void => {
    if (!is) wrong.push(what)
  }
  const adapter = handle.workflowId.slice(workflowIdOf('').length)
  const run = `${adapter}-${(await handle.describe()).runId}`
  const wanted = faults.some((fault) => fault.gone) ? ['terminated'] : faults.flatMap((fault) => fault.endings ?? [])
  holds((wanted.length > 0 ? wanted : ['promoted', 'not-promoted']).includes(ended), `ended ${ended}`)

  const instances = await settledInstances(setting, run)
  holds(
    instances.every((i) => i.state === 'terminated' && i.pids.length === 0),
    `instances left: ${instances.filter((i) => i.state !== 'terminated').map((i) => i.id)}`,
  )
  const attempts = instances.map((i) => i.tags[TAGS.attempt])
  holds(new Set(attempts).size === attempts.length, `attempts with two instances: ${attempts}`)

  const branches = git(setting.repository, 'branch', '--list', `catalog/${run}`)
  if (ended === 'terminated') {
    holds(branches.length === 0, 'a page of a terminated run')
    return { wrong, record: undefined }
  }
  const commits = branches.length === 0 ? [] : git(setting.repository, 'log', '--format=%H', `HEAD..catalog/${run}`)
  holds(commits.length === 1, `${commits.length} catalog commits`)
  if (commits.length !== 1) return { wrong, record: undefined }
  const page = `catalog/experiments/pdf-field-extraction/${adapter}.json`
  const record = recordIn(JSON.parse(git(setting.repository, 'show', `catalog/${run}:${page}`).join('\n')))
  holds(record.ending === ended, `the page says ${record.ending}`)
  holds(record.dollars <= (record.decision?.maxDollars ?? 0), `$${record.dollars} of ${record.decision?.maxDollars}`)
  holds(instances.length === 0 || record.decision?.approved === true, 'a launch without an approval')
  checkCurve(record, losses, holds)
  return { wrong, record }
}

const recordIn = (json: { record?: unknown }): RunRecord => RunRecord.parse(json.record ?? json)

/** A resumed training has the losses of an undisturbed one, to the last digit. */
function checkCurve(record: RunRecord, losses: { curve?: string }, holds: (is: boolean, what: string) => void): void {
  if (record.training?.steps !== DRILL_STEPS) return
  const curve = JSON.stringify(record.lossCurve)
  losses.curve ??= curve
  holds(curve === losses.curve, `losses ${curve}, undisturbed ${losses.curve}`)
}

/** After a termination by hand the training and the reconciler need a moment. */
async function settledInstances(setting: Setting, run: string) {
  for (let look = 0; ; look++) {
    const instances = (await setting.platform.ec2.instances()).filter(isOf(run))
    if (look === 90 || instances.every((instance) => instance.state === 'terminated')) return instances
    await sleep(1000)
  }
}
