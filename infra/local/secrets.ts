import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { readJson, writeWhole } from './files.js'

const Keys = z.object({ accessKeyId: z.string().min(8), secretAccessKey: z.string().min(16) })

/** Made once per platform folder, mode 0600. */
export const Secrets = z.object({
  /** One identity per part, each with its own rights in the object store. */
  worker: Keys,
  inference: Keys,
  instanceHost: Keys,
  inferenceToken: z.string().min(16),
  adminToken: z.string().min(16),
  decisionKey: z.string().min(32),
  ec2ControlToken: z.string().min(16),
})
export type Secrets = z.infer<typeof Secrets>
export type Keys = z.infer<typeof Keys>

const secret = (): string => randomBytes(24).toString('base64url')
const keys = (): Keys => ({ accessKeyId: `FW${randomBytes(9).toString('hex').toUpperCase()}`, secretAccessKey: secret() })

/** The secrets of a platform folder; makes them at the first call. */
export async function secretsOf(file: string): Promise<Secrets> {
  const known = await readJson(file, Secrets)
  if (known) return known
  const made: Secrets = {
    worker: keys(),
    inference: keys(),
    instanceHost: keys(),
    inferenceToken: secret(),
    adminToken: secret(),
    decisionKey: randomBytes(32).toString('hex'),
    ec2ControlToken: secret(),
  }
  await writeWhole(file, JSON.stringify(made, null, 1), 0o600)
  return made
}
