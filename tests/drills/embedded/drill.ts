import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { type Ending, type RunProgress, RunRecord, type Stage, STAGES, TAGS, workflowIdOf } from '../../../contracts/index.js'
import { git } from '../../end-to-end/throwaway.js'
import { pick, randomOf } from '../simulation/random.js'
import { approve, FAULTS, type Fault, isOf, type Scene } from './faults.js'
import { adaptersIn, DRILL_STEPS, type Setting } from './setting.js'

export interface Drilled {
  seed: number
  faults: string[]
  ended: Ending | 'terminated' | 'hung'
  seconds: number
  /** How each attempt ended. */
  attempts: string[]
  dollars: number
  wrong: string[]
}

/** Longer than this is not slow but hung. */
const HUNG_MS = 40 * 60_000

/** Faults that a seed orders: the seeds in a row order each fault once, and every second one another beside it. */
export function faultsOf(seed: number): Fault[] {
  const random = randomOf(seed)
  const first = FAULTS[seed % FAULTS.length]!
  if (seed === 0 || first.gone || random() < 0.5) return [first]
  const second = pick(random, FAULTS.slice(1))
  const clash = second === first || second.gone || (second.decides && first.decides) || (second.endings && first.endings)
  return clash ? [first] : [first, second]
}

/** Faults by their names, for a drill that is not left to a seed. */
export const faultsNamed = (...names: string[]): Fault[] =>
  names.map((name) => {
    const found = FAULTS.find((fault) => fault.name === name)
    if (!found) throw new Error(`Expected a fault, such as "${FAULTS[1]!.name}"; got "${name}"`)
    return found
  })

/** Runs once with these faults and checks what must hold. Several may run at once; a fault of one may then strike another. */
export async function drill(setting: Setting, seed: number, faults: Fault[] = faultsOf(seed)): Promise<Drilled> {
  const began = Date.now()
  const adapter = `drill-${seed}`
  for (const fault of faults) await fault.before?.(setting)
  const { handle } = await setting.runs.start({ ...setting.input, adapter })
  const end = new AbortController()
  const scene = sceneOf(setting, handle, end.signal)
  // A fault that finds its run ended already has nothing left to do.
  const played = new Set<Fault>()
  const during = async (fault: Fault): Promise<void> => {
    await fault.during?.(scene)
    if (!fault.decides) played.add(fault)
  }
  const playing = [decide(scene, faults, played), ...faults.map(during)]
  for (const part of playing) part.catch(() => undefined)
  const ended = await endingOf(setting, handle, began + HUNG_MS)
  end.abort()
  await Promise.allSettled(playing)
  const { wrong, record } = ended === 'hung' ? { wrong: ['hung'], record: undefined } : await check(setting, handle, faults, played, ended)
  const seconds = Math.round((Date.now() - began) / 1000)
  return {
    seed,
    faults: faults.map((fault) => fault.name),
    ended,
    seconds,
    attempts: record?.attempts.map((attempt) => attempt.ending) ?? [],
    dollars: record?.dollars ?? 0,
    wrong,
  }
}

function sceneOf(setting: Setting, handle: WorkflowHandle, over: AbortSignal): Scene {
  const poll = async <T>(everyMs: number, look: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      over.throwIfAborted()
      const found = await look().catch(() => null)
      if (found) return found
      await sleep(everyMs, undefined, { signal: over })
    }
  }
  return {
    setting,
    handle,
    // By the search attribute: it is there without a worker too.
    reached: async (stage) =>
      void (await poll(100, async () => {
        const now = (await handle.describe()).searchAttributes.FormwrightStage?.[0] as Stage | undefined
        return now !== undefined && STAGES.indexOf(now) >= STAGES.indexOf(stage) ? now : null
      })),
    seen: (what) =>
      // A query is answered by the worker, which has other work.
      poll(500, async () => {
        const progress = await setting.runs.progress(handle)
        return progress && what(progress) ? progress : null
      }),
  }
}

/** The person: answers the first quote as the fault wants, and approves each that follows when the price has risen. */
async function decide(scene: Scene, faults: Fault[], played: Set<Fault>): Promise<void> {
  const decides = faults.find((fault) => fault.decides)
  const answered = new Set<string>()
  for (;;) {
    const isOpen = (p: RunProgress): boolean => p.stage === 'awaiting-approval' && p.quote !== null && p.decision === null
    const { quote } = await scene.seen((p) => isOpen(p) && !answered.has(p.quote!.digest))
    if (decides && answered.size === 0) {
      await decides.decides!(scene, quote!)
      played.add(decides)
    } else await approve(scene, quote!)
    answered.add(quote!.digest)
  }
}

/** Waits by describing, which needs neither a worker nor one connection that lasts. */
async function endingOf(setting: Setting, handle: WorkflowHandle, until: number): Promise<Drilled['ended']> {
  while (Date.now() < until) {
    const status = await handle.describe().then(
      (description) => description.status.name,
      () => 'RUNNING' as const,
    )
    if (status === 'TERMINATED') return 'terminated'
    if (status !== 'RUNNING') return (await setting.runs.ended(handle)).ending
    await sleep(250)
  }
  await handle.terminate('it hung').catch(() => undefined)
  return 'hung'
}

type Holds = (is: boolean, what: string) => void

async function check(setting: Setting, handle: WorkflowHandle, faults: Fault[], played: Set<Fault>, ended: Drilled['ended']) {
  const wrong: string[] = []
  const holds: Holds = (is, what) => {
    if (!is) wrong.push(what)
  }
  const adapter = handle.workflowId.slice(workflowIdOf('').length)
  const run = `${adapter}-${(await handle.describe()).runId}`
  const wanted = faults.some((fault) => fault.gone) ? ['terminated', 'promoted'] : faults.flatMap((fault) => fault.endings ?? [])
  holds((wanted.length > 0 ? wanted : ['promoted']).includes(ended), `ended ${ended}`)
  const instances = await settledInstances(setting, run)
  const left = instances.filter((i) => i.state !== 'terminated' || i.pids.length > 0)
  holds(left.length === 0, `instances left: ${left.map((i) => `${i.id} ${i.state}`)}`)
  const attempts = instances.map((i) => i.tags[TAGS.attempt])
  holds(new Set(attempts).size === attempts.length, `attempts with two instances: ${attempts}`)

  const branches = git(setting.repository, 'branch', '--list', `catalog/${run}`)
  // A run that was terminated by hand while it wrote its page may have written it.
  if (ended === 'terminated' && branches.length === 0) return { wrong, record: undefined }
  const commits = branches.length === 0 ? [] : git(setting.repository, 'log', '--format=%H', `HEAD..catalog/${run}`)
  holds(commits.length === 1, `${commits.length} catalog commits`)
  if (commits.length !== 1) return { wrong, record: undefined }
  const page = `catalog/experiments/pdf-field-extraction/${adapter}.json`
  const record = recordIn(JSON.parse(git(setting.repository, 'show', `catalog/${run}:${page}`).join('\n')))
  holds(record.ending === ended || ended === 'terminated', `the page says ${record.ending}`)
  holds(record.dollars <= (record.decision?.maxDollars ?? 0), `$${record.dollars} of ${record.decision?.maxDollars}`)
  holds(instances.length === 0 || record.decision?.approved === true, 'a launch without an approval')
  if (record.candidate) setting.adapters.add(record.candidate)
  checkCurve(setting, record, holds)
  if (ended !== 'terminated') await checkRefusals(setting, handle, played, holds)
  return { wrong, record }
}

/** Decisions that must not count are shown as refused, if the run came as far as to be sent them. */
async function checkRefusals(setting: Setting, handle: WorkflowHandle, played: Set<Fault>, holds: Holds): Promise<void> {
  const sent = [...played].reduce((sum, fault) => sum + (fault.refused ?? 0), 0)
  if (sent === 0) return
  const shown = (await setting.runs.progress(handle))?.refusedDecisions.length ?? 0
  holds(shown >= sent, `${shown} refused decisions shown of ${sent}`)
}

/** Adapters in the store that no page knows: made twice, or by nobody. For the end, when no run is open. */
export async function strayAdapters(setting: Setting): Promise<string[]> {
  return [...(await adaptersIn(setting.store))].filter((digest) => !setting.adapters.has(digest))
}

const recordIn = (json: { record?: unknown }): RunRecord => RunRecord.parse(json.record ?? json)

/** A resumed training has the losses of an undisturbed one, to the last digit. */
function checkCurve(setting: Setting, record: RunRecord, holds: Holds): void {
  if (record.training?.steps !== DRILL_STEPS) return
  const curve = JSON.stringify(record.lossCurve)
  holds(record.lossCurve.length === DRILL_STEPS, `${record.lossCurve.length} losses of ${DRILL_STEPS} steps`)
  setting.losses ??= curve
  holds(curve === setting.losses, `losses ${curve}, otherwise ${setting.losses}`)
}

/** After a termination by hand the training and the reconciler need a moment. */
async function settledInstances(setting: Setting, run: string) {
  for (let look = 0; ; look++) {
    const instances = (await setting.platform.ec2.instances()).filter(isOf(run))
    if (look === 90 || instances.every((instance) => instance.state === 'terminated')) return instances
    await sleep(1000)
  }
}
