import { PRESET_PLANS, PROMPT_VERSION, TrainRequest } from '../../../contracts/index.js'

const ref = (kind: string) => ({ uri: `s3://formwright/${kind}/${'a'.repeat(64)}/`, digest: 'a'.repeat(64) })

/** What an instance of a run is asked to do, where nothing of it matters but that it is valid. */
export const trainRequest = (run: string): TrainRequest =>
  TrainRequest.parse({
    run,
    attempt: 1,
    deadline: '2100-01-01T00:00:00.000Z',
    promptVersion: PROMPT_VERSION,
    dataset: ref('datasets'),
    base: { name: 'SmolLM2-135M-Instruct', ...ref('bases') },
    bundle: ref('bundles'),
    hyperparameters: PRESET_PLANS.tiny.hyperparameters,
    output: `s3://formwright/runs/${run}/`,
    checkpointSeconds: 60,
    leaseSeconds: 900,
  })
