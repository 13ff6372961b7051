import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from '@temporalio/client'
import { z } from 'zod'
import { createDatasetActivities, type DatasetSource } from '../activities/dataset.js'
import { createDeployActivities } from '../activities/deploy.js'
import { createNotifyActivities, GatewayNotifier, silentNotifier } from '../activities/notify.js'
import { type BasePins, createPlanActivities } from '../activities/plan.js'
import { systemClock } from '../activities/ports/clock.js'
import { Ec2Compute } from '../activities/ports/ec2.js'
import { inferenceAdminOf } from '../activities/ports/inference-admin.js'
import { S3Store } from '../activities/ports/s3.js'
import { createQuoteActivities } from '../activities/quote.js'
import { createReconcileActivities } from '../activities/reconcile.js'
import { createRetrainActivities } from '../activities/retrain.js'
import { createTrainingActivities } from '../activities/training/index.js'
import { Digest, type Settings } from '../contracts/index.js'
import { buildDataset, DATA_DIR } from '../data/fine-tuning/extraction/curate.js'
import { measureLeak } from '../data/fine-tuning/extraction/leak.js'
import { readFixtures } from '../data/fine-tuning/extraction/pairs.js'
import { codeCommitOf } from './code-commit.js'
import { temporalRuns } from './runs.js'
import { trainingBundle } from './training-bundle.js'
import { catalogActivities, evaluationActivities } from './wire-evaluation.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Loading a model onto a busy laptop. */
const ADMIN_TIMEOUT_MS = 5 * 60_000

/** `zone=subnet,zone=subnet` */
function subnetsOf(text: string | undefined): Record<string, string> | undefined {
  return text === undefined ? undefined : Object.fromEntries(text.split(',').map((pair) => pair.trim().split('=') as [string, string]))
}

/** A folder beside the configured base's, by the base's name. */
async function baseDirectory(settings: Settings, name: string): Promise<string | null> {
  const dir = join(dirname(settings.FORMWRIGHT_BASE_DIR), name)
  return access(join(dir, 'manifest.json')).then(
    () => dir,
    () => null,
  )
}

const Bases = z.record(z.string(), z.looseObject({ files: z.record(z.string(), Digest).nullable() }))

/** What `training/bases.json` says of a base. */
async function pinsOf(root: string, name: string): Promise<BasePins | null | undefined> {
  const bases = Bases.parse(JSON.parse(await readFile(join(root, 'training/bases.json'), 'utf8')))
  return bases[name]?.files
}

/** The object store that the settings name. */
export const storeOf = (settings: Settings): S3Store =>
  new S3Store({ bucket: settings.FORMWRIGHT_BUCKET, region: settings.FORMWRIGHT_REGIONS[0]!, endpoint: settings.FORMWRIGHT_S3_ENDPOINT })

const datasetSource: DatasetSource = {
  build: async (preset) => (await buildDataset(preset)).files,
  leak: async (files) => measureLeak(files, await readFixtures(join(DATA_DIR, 'fixtures'))),
}

/** Every activity over its real ports: the embedded platform and AWS differ by the settings only. */
export function activitiesOf(settings: Settings, client: Client) {
  const region = settings.FORMWRIGHT_REGIONS[0]!
  const store = storeOf(settings)
  const compute = new Ec2Compute({
    endpoint: settings.FORMWRIGHT_EC2_ENDPOINT,
    imageId: settings.FORMWRIGHT_AMI,
    instanceProfile: settings.FORMWRIGHT_INSTANCE_PROFILE,
    subnets: subnetsOf(settings.FORMWRIGHT_SUBNETS),
    securityGroup: settings.FORMWRIGHT_SECURITY_GROUP,
    launchTemplate: settings.FORMWRIGHT_LAUNCH_TEMPLATE,
  })
  const codeCommit = codeCommitOf(ROOT)
  const inference = inferenceAdminOf(settings, store, ADMIN_TIMEOUT_MS)
  const url = settings.FORMWRIGHT_GATEWAY_URL
  const clock = systemClock
  return {
    ...createDatasetActivities({ source: datasetSource, store }),
    ...createPlanActivities({
      store,
      inference,
      baseDirectory: (name) => baseDirectory(settings, name),
      pins: (name) => pinsOf(ROOT, name),
      bundle: () => trainingBundle(ROOT),
      codeCommit: () => codeCommit,
      profile: settings.FORMWRIGHT_PROFILE,
      region,
    }),
    ...createQuoteActivities({ compute, clock, decisionKey: settings.FORMWRIGHT_DECISION_KEY }),
    ...createTrainingActivities({ store, compute, clock, s3Endpoint: settings.FORMWRIGHT_S3_ENDPOINT }),
    ...createDeployActivities({ store, inference, clock }),
    ...createRetrainActivities({ store, inference }),
    ...createNotifyActivities(url ? new GatewayNotifier({ url, token: settings.FORMWRIGHT_ADMIN_TOKEN }) : silentNotifier),
    ...evaluationActivities(ROOT, settings, store),
    ...catalogActivities(ROOT, settings),
    ...createReconcileActivities({ compute, store, runs: temporalRuns(client), clock, regions: settings.FORMWRIGHT_REGIONS }),
  }
}
