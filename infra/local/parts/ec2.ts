import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { TAGS } from '../../../contracts/compute.js'
import { writeWhole } from '../files.js'
import { answers } from '../health.js'
import { ROOT, VENV_BIN } from '../layout.js'
import type { Part } from '../part.js'

export const ec2: Part = {
  name: 'ec2',
  present: () => true,
  async command({ layout, ports, secrets, env }) {
    const folder = join(layout.state, 'ec2')
    await mkdir(folder, { recursive: true })
    const config = join(folder, 'config.json')
    const settings = {
      port: ports.ec2,
      state_dir: folder,
      prices: join(ROOT, 'infra', 'local', 'ec2', 'prices.json'),
      image: { path: [VENV_BIN], env: {} },
      image_id: env.FORMWRIGHT_AMI,
      identities: {
        endpoint: env.FORMWRIGHT_S3_ENDPOINT,
        bucket: env.FORMWRIGHT_BUCKET,
        access_key_id: secrets.instanceHost.accessKeyId,
        secret_access_key: secrets.instanceHost.secretAccessKey,
        run_tag: TAGS.run,
      },
      control_token: secrets.ec2ControlToken,
      credentials: { [secrets.worker.accessKeyId]: secrets.worker.secretAccessKey },
    }
    await writeWhole(config, JSON.stringify(settings, null, 1), 0o600)
    return {
      file: join(VENV_BIN, 'python'),
      args: ['-m', 'formwright_ec2', '--config', config],
      env: { PYTHONPATH: join(ROOT, 'infra', 'local', 'ec2') },
    }
  },
  ready: ({ ports, secrets }) =>
    answers(`http://127.0.0.1:${ports.ec2}/_control/health`, {
      status: 200,
      headers: { authorization: `Bearer ${secrets.ec2ControlToken}` },
    }),
  startSeconds: 180,
  // Its instances get five seconds to save what they have.
  stopSeconds: 20,
  restarts: false,
}
