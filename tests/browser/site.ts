import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { simpleGit } from 'simple-git'
import { type AppProcess, startApp } from '../../app/testing/app-process.js'
import { type FakeInference, fakeInference } from '../../extraction/testing/inference.js'
import { RunProgress } from '../../contracts/index.js'
import { patientBench } from './patient-bench.js'
import { Stage } from '../drills/simulation/stage.js'
import { DECISION_KEY } from '../drills/simulation/world.js'

const PAGE = `# lora-v1: promoted

Candidate \`${'e'.repeat(12)}\` against what was live.

| variant | recall | per form |
|---|--:|--:|
| lora-v1 | 61 % | $0.0002 |
| rules-v1 | 48 % | $0 |

| | |
|---|---|
| Adapter | \`${'e'.repeat(64)}\` |

![Loss over the steps](loss.svg)
`
const CHART = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 120" width="300" height="120"><style>path{fill:none;stroke:#17577f;stroke-width:2}</style><path d="M10 10 Q60 90 120 95 T290 105"/></svg>`

/** A repository with one page in the checkout and one that a run committed. */
async function catalogRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'formwright-site-'))
  const pages = join(folder, 'catalog', 'experiments', 'pdf-field-extraction')
  await mkdir(pages, { recursive: true })
  await writeFile(join(pages, 'lora-v1.md'), PAGE)
  await writeFile(join(pages, 'loss.svg'), CHART)
  const git = simpleGit(folder)
  await git.init(['-b', 'main'])
  await git.addConfig('user.name', 'Test').addConfig('user.email', 'test@example.org')
  await git.add('.').commit('page')
  await git.checkoutLocalBranch('catalog/lora-v1-0001')
  await cp(join(pages, 'lora-v1.md'), join(pages, 'lora-v2.md'))
  await git.add('.').commit('page of a run')
  await git.checkout('main')
  return folder
}

/** The app with a real Temporal server, a worker with the real workflow over simulated clouds, a catalog, and answers for some forms. */
export interface Site {
  app: AppProcess
  stage: Stage
  inference: FakeInference
  close(): Promise<void>
}

/**
 * @param forms what `extraction/lora-v1` can answer for
 * @param repository whose catalog is shown; a made one without it
 */
export async function openSite(forms: Uint8Array[], repository?: string): Promise<Site> {
  const bench = await patientBench()
  const [stage, shown, inference] = await Promise.all([Stage.open(bench), repository ?? catalogRepository(), fakeInference(forms)])
  const app = await startApp({
    FORMWRIGHT_TEMPORAL_ADDRESS: bench.env.address,
    FORMWRIGHT_DECISION_KEY: DECISION_KEY,
    FORMWRIGHT_REPOSITORY: shown,
    FORMWRIGHT_INFERENCE_URL: inference.url,
  })
  const close = async () => {
    await app.stop()
    await inference.close()
    await bench.stop()
    if (!repository) await rm(shown, { recursive: true, force: true })
  }
  return { app, stage, inference, close }
}

/** Address of a new run that waits for a decision. */
export async function waitingRun(stage: Stage): Promise<string> {
  const handle = await stage.start({ preset: 'tiny' })
  const { runId } = await handle.describe()
  for (;;) {
    const { stage: reached } = RunProgress.parse(await handle.query('progress'))
    if (reached === 'awaiting-approval') return `/runs/one?id=${encodeURIComponent(handle.workflowId)}&run=${runId}`
    await sleep(300)
  }
}
