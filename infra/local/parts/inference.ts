import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { answers } from '../health.js'
import { BASE_DIR, ROOT, VENV_BIN } from '../layout.js'
import type { Part } from '../part.js'
import { traces } from './traces.js'

/** Where the Python packages of the repository are. */
export const PYTHON_PATH = ['inference', 'training', 'contracts/python'].map((folder) => join(ROOT, folder)).join(':')

export const inference: Part = {
  name: 'inference',
  present: () => existsSync(join(ROOT, 'inference', 'formwright_inference', '__main__.py')),
  async command({ layout, ports, secrets, env }) {
    const folder = join(layout.state, 'inference')
    await mkdir(folder, { recursive: true })
    return {
      file: join(VENV_BIN, 'python'),
      args: ['-m', 'formwright_inference'],
      env: {
        PYTHONPATH: PYTHON_PATH,
        FORMWRIGHT_INFERENCE_HOST: '127.0.0.1',
        FORMWRIGHT_INFERENCE_PORT: String(ports.inference),
        FORMWRIGHT_BASE_DIR: BASE_DIR,
        FORMWRIGHT_INFERENCE_STATE_DIR: folder,
        FORMWRIGHT_INFERENCE_TOKEN: secrets.inferenceToken,
        FORMWRIGHT_ADMIN_TOKEN: secrets.adminToken,
        // Shorter than the grace below, so that requests under way are answered rather than cut.
        FORMWRIGHT_INFERENCE_DRAIN_SECONDS: '10',
        FORMWRIGHT_S3_ENDPOINT: env.FORMWRIGHT_S3_ENDPOINT!,
        FORMWRIGHT_BUCKET: env.FORMWRIGHT_BUCKET!,
        AWS_REGION: env.AWS_REGION!,
        AWS_DEFAULT_REGION: env.AWS_REGION!,
        AWS_ACCESS_KEY_ID: secrets.inference.accessKeyId,
        AWS_SECRET_ACCESS_KEY: secrets.inference.secretAccessKey,
        ...traces(env),
      },
    }
  },
  ready: ({ ports }) => answers(`http://127.0.0.1:${ports.inference}/ready`, { status: 200 }),
  startSeconds: 300,
  stopSeconds: 15,
  restarts: true,
}
