import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleGit } from 'simple-git'
import { type AppProcess, startApp } from '../../app/testing/app-process.js'
import { patientBench } from './patient-bench.js'
import { Stage } from '../drills/simulation/stage.js'
import { DECISION_KEY } from '../drills/simulation/world.js'

const PAGE = `# lora-v1: promoted

Candidate \`${'e'.repeat(12)}\` against what was live.

| variant | recall | per form |
|---|--:|--:|
| lora-v1 | 61 % | $0.0002 |
| rules-v1 | 48 % | $0 |

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

/** The app with a real Temporal server, a worker with the real workflow over simulated clouds, and a catalog. */
export interface Site {
  app: AppProcess
  stage: Stage
  close(): Promise<void>
}

/** `repository`: whose catalog is shown; a made one without it. */
export async function openSite(repository?: string): Promise<Site> {
  const bench = await patientBench()
  const [stage, shown] = await Promise.all([Stage.open(bench), repository ?? catalogRepository()])
  const app = await startApp({
    FORMWRIGHT_TEMPORAL_ADDRESS: bench.env.address,
    FORMWRIGHT_DECISION_KEY: DECISION_KEY,
    FORMWRIGHT_REPOSITORY: shown,
    // Nothing listens on the discard port: the inference service is away.
    FORMWRIGHT_INFERENCE_URL: 'http://127.0.0.1:9',
  })
  const close = async () => {
    await app.stop()
    await bench.stop()
    if (!repository) await rm(shown, { recursive: true, force: true })
  }
  return { app, stage, close }
}
