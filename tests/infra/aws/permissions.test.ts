import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Ec2Compute } from '../../../activities/ports/ec2.js'
import { sha256 } from '../../../activities/ports/digests.js'
import { S3Store } from '../../../activities/ports/s3.js'
import { launchInstance } from '../../../activities/training/launch.js'
import { terminateInstances } from '../../../activities/training/terminate.js'
import { INSTANCE_PROFILE, PRESET_PLANS, PROMPT_VERSION, TAGS, type TrainRequest } from '../../../contracts/index.js'
import { ROOT, VENV_BIN } from '../../../infra/local/layout.js'
import { PYTHON_PATH } from '../../../infra/local/parts/inference.js'
import { readJson } from '../../../infra/local/files.js'
import { Secrets, type Keys } from '../../../infra/local/secrets.js'
import { embeddedPlatform } from '../../conformance/ec2-target.js'
import { evaluate, type Question } from './evaluate.js'
import { questionsOf } from './questions.js'
import { record, type Recorder } from './recorder.js'
import { bucketStatements, REGION, roleStatements, type Statement } from './template.js'

const RUN = 'lora-v1-01234567-89ab-cdef-0123-456789abcdef'
const TAGGED = { [TAGS.run]: RUN }
const MANIFEST = Buffer.from('{"files":[]}')
const DIGEST = sha256(MANIFEST)

let close: () => Promise<void>
let s3: Recorder
let ec2: Recorder
const asked: Record<'WorkerRole' | 'InstanceRole' | 'InferenceRole', Question[]> = { WorkerRole: [], InstanceRole: [], InferenceRole: [] }

/** Moves what was recorded so far to a role. */
function keep(role: keyof typeof asked): void {
  const principal: Record<string, string> = role === 'InstanceRole' ? { 'aws:PrincipalTag/formwright:adapter': 'lora-v1' } : {}
  for (const recorder of [s3, ec2])
    for (const call of recorder.calls.splice(0))
      for (const question of questionsOf(call, () => TAGGED))
        asked[role].push({ ...question, context: { ...question.context, ...principal } })
}

const request: TrainRequest = {
  run: RUN,
  attempt: 1,
  promptVersion: PROMPT_VERSION,
  dataset: { uri: `s3://formwright/datasets/${DIGEST}/`, digest: DIGEST },
  base: { name: 'SmolLM2-135M-Instruct', uri: `s3://formwright/bases/${DIGEST}/`, digest: DIGEST },
  bundle: { uri: `s3://formwright/bundles/${DIGEST}/`, digest: DIGEST },
  hyperparameters: PRESET_PLANS.tiny.hyperparameters,
  output: `s3://formwright/runs/${RUN}/`,
  checkpointSeconds: 60,
  deadline: new Date(Date.now() + 60_000).toISOString(),
  leaseSeconds: 900,
}

/** Everything that the worker's activities ask of the two ports, through the classes that ask it. */
async function workAsWorker(env: Record<string, string>): Promise<void> {
  const store = new S3Store({ bucket: 'formwright', region: REGION, endpoint: s3.url })
  const keys = ['datasets', 'bases', 'bundles', 'adapters'].map((kind) => `${kind}/${DIGEST}/manifest.json`)
  // The second time each is there, and is read to be compared, as after a retry.
  for (const key of [...keys, ...keys, ...Array(2).fill(`results/evaluations/${DIGEST}.json`)]) await store.create(key, { bytes: MANIFEST })
  expect(await store.has(`bases/${DIGEST}/manifest.json`)).toBe(true)
  expect(await store.get(`runs/${RUN}/result.json`)).toBeNull()
  await store.list('results/')
  await store.put('audit/reconciler/i-1.json', MANIFEST)
  const options = { imageId: env.FORMWRIGHT_AMI!, instanceProfile: INSTANCE_PROFILE }
  const compute = new Ec2Compute({ ...options, endpoint: ec2.url })
  const clock = { now: Date.now, sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)) }
  await compute.spotPrices({ region: REGION, instanceTypes: ['c7i.large'] })
  const launch = { workflowId: 'fine-tune-extraction/lora-v1', request, region: REGION, instanceType: 'c7i.large', zone: 'us-east-1a' }
  const direct = new Ec2Compute({ ...options, endpoint: env.FORMWRIGHT_EC2_ENDPOINT! })
  const { instanceId } = await launchInstance({ store, compute: direct, clock, s3Endpoint: s3.url }, { ...launch, maxDollarsPerHour: 1 })
  // The embedded EC2 knows no launch templates and refuses; what AWS would be asked is in the request.
  const templated = new Ec2Compute({ ...options, endpoint: ec2.url, launchTemplate: 'lt-0abc' })
  const tags = { [TAGS.run]: RUN, [TAGS.attempt]: '1', [TAGS.deadline]: request.deadline, [TAGS.workflow]: launch.workflowId, Name: RUN }
  await expect(templated.launch({ ...launch, maxDollarsPerHour: 1, clientToken: 't', userData: '', tags })).rejects.toThrow()
  await compute.describe(REGION, instanceId)
  await terminateInstances({ compute, clock }, { run: RUN, regions: [REGION], settleSeconds: 0 }, { beat: () => undefined })
}

const workAs = (part: 'instance' | 'inference', keys: Keys) =>
  promisify(execFile)(
    join(VENV_BIN, 'python'),
    [join(ROOT, 'tests/infra/aws/instance_calls.py'), 'formwright', RUN, DIGEST, DIGEST, part],
    {
      env: {
        PATH: process.env.PATH,
        PYTHONPATH: PYTHON_PATH,
        AWS_ENDPOINT_URL_S3: s3.url,
        AWS_DEFAULT_REGION: REGION,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
    },
  )

beforeAll(async () => {
  const opened = await embeddedPlatform()
  close = opened.close
  const { env, layout } = opened.platform
  const secrets = (await readJson(layout.secrets, Secrets))!
  s3 = await record('s3', env.FORMWRIGHT_S3_ENDPOINT!)
  ec2 = await record('ec2', env.FORMWRIGHT_EC2_ENDPOINT!)
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: env.AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: env.AWS_SECRET_ACCESS_KEY })
  await workAsWorker(env)
  keep('WorkerRole')
  await workAs('instance', secrets.instanceHost)
  keep('InstanceRole')
  await workAs('inference', secrets.inference)
  keep('InferenceRole')
}, 180_000)
afterAll(async () => {
  await Promise.all([s3?.close(), ec2?.close()])
  await close?.()
}, 60_000)

const roles = ['WorkerRole', 'InstanceRole', 'InferenceRole'] as const

test.each(roles)('every call that the %s really makes is allowed', (role) => {
  const statements = [...roleStatements(role), ...bucketStatements()]
  const refused = asked[role].filter((question) => evaluate(statements, question).verdict !== 'allowed')
  expect(refused).toEqual([])
  expect(asked[role].length).toBeGreaterThan(0)
})

test.each(roles)('the %s may do nothing that no call needs', (role) => {
  const needs = (statement: Statement, question: Question): boolean =>
    evaluate([{ ...statement, Effect: 'Allow' }], question).verdict === 'allowed'
  const unneeded = roleStatements(role)
    .filter((statement) => statement.Effect === 'Allow')
    .flatMap((statement) =>
      statement.Action.flatMap((action) =>
        (statement.Resource ?? []).map((resource) => ({ ...statement, Action: [action], Resource: [resource] })),
      ),
    )
    .filter((narrow) => !asked[role].some((question) => needs(narrow, question)))
    .map(({ Sid, Action, Resource }) => `${Sid} ${Action} ${Resource}`)
  expect(unneeded).toEqual([])
})
