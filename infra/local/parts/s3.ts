import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { writeWhole } from '../files.js'
import { VENV_BIN } from '../layout.js'
import { objectStore } from '../object-store.js'
import type { Context, Part } from '../part.js'
import type { Keys } from '../secrets.js'

/** A unix socket's path has at most 104 bytes on macOS, 108 on Linux; beyond this the server's own place, /tmp, is used. */
const MAX_SOCKET_FOLDER = 64

const identity = (name: string, { accessKeyId, secretAccessKey }: Keys, actions: string[]) => ({
  name,
  credentials: [{ accessKey: accessKeyId, secretKey: secretAccessKey }],
  actions,
})

/** Who may do what. An instance has no key here: the instance host gives each one a key for its own run. */
function identities({ secrets, env }: Context) {
  const bucket = env.FORMWRIGHT_BUCKET!
  return {
    identities: [
      identity('worker', secrets.worker, [`Read:${bucket}`, `Write:${bucket}`, `List:${bucket}`, `Tagging:${bucket}`]),
      identity('inference', secrets.inference, [`Read:${bucket}/adapters/*`, `List:${bucket}`]),
      identity('instance-host', secrets.instanceHost, ['Admin']),
    ],
  }
}

export const s3: Part = {
  name: 's3',
  present: () => true,
  async command(context) {
    const { layout, ports, env } = context
    const folder = join(layout.state, 's3')
    await mkdir(join(folder, 'data'), { recursive: true })
    const sockets = join(folder, 'tmp')
    await mkdir(sockets, { recursive: true })
    const short = sockets.length <= MAX_SOCKET_FOLDER
    const config = join(folder, 's3.json')
    await writeWhole(config, JSON.stringify(identities(context), null, 1), 0o600)
    const port = (flag: string, value: number) => [`-${flag}.port=${value}`, `-${flag}.port.grpc=${value + 10_000}`]
    return {
      file: join(VENV_BIN, 'weed'),
      args: [
        ...['-logtostderr=true', 'mini', `-dir=${join(folder, 'data')}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1'],
        ...[...port('master', ports.weedMaster), ...port('volume', ports.weedVolume), ...port('filer', ports.weedFiler)],
        ...[...port('s3', ports.s3), ...port('admin', ports.weedAdmin), '-s3.port.iceberg=0', '-s3.port.lance=0'],
        ...[`-s3.config=${config}`, '-s3.iam.readOnly=false', '-s3.autoCreateBucket=false', `-bucket=${env.FORMWRIGHT_BUCKET}`],
        // The S3 protocol is the only way in: the filer's own address would ask nobody for a key.
        ...['-master.telemetry=false', '-admin.ui=false', '-webdav=false', '-disableHttp', '-volume.preStopSeconds=0'],
        ...(short ? [`-s3.localSocket=${join(sockets, 's3.sock')}`, `-filer.localSocket=${join(sockets, 'filer.sock')}`] : []),
        // Only what is written counts against the disk.
        ...['-master.volumeSizeLimitMB=256', '-master.volumePreallocate=false'],
      ],
      env: (short ? { TMPDIR: sockets } : {}) as Record<string, string>,
    }
  },
  async ready({ env, ports }) {
    const client = objectStore(env, `http://127.0.0.1:${ports.s3}`)
    try {
      await client.send(new HeadBucketCommand({ Bucket: env.FORMWRIGHT_BUCKET }))
      return true
    } finally {
      client.destroy()
    }
  },
  startSeconds: 180,
  stopSeconds: 15,
  restarts: false,
}
