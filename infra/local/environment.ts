import { PlatformState } from '../../contracts/settings.js'
import { BASE_DIR, ROOT } from './layout.js'
import type { Context, PartName } from './part.js'
import { UI_PATH } from './parts/temporal.js'
import type { Ports } from './ports.js'
import type { Secrets } from './secrets.js'

const at = (port: number): string => `http://127.0.0.1:${port}`

/** What contracts/settings.ts reads, for every part and for the commands. */
export function environmentOf(ports: Ports, secrets: Secrets, parts: readonly PartName[]): Record<string, string> {
  const site = parts.includes('caddy') ? at(ports.site) : undefined
  return {
    FORMWRIGHT_PROFILE: 'embedded',
    FORMWRIGHT_TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    FORMWRIGHT_TEMPORAL_NAMESPACE: 'default',
    FORMWRIGHT_TEMPORAL_UI: `${site ?? at(ports.temporalUi)}${UI_PATH}`,
    FORMWRIGHT_S3_ENDPOINT: at(ports.s3),
    FORMWRIGHT_EC2_ENDPOINT: at(ports.ec2),
    FORMWRIGHT_BUCKET: 'formwright',
    FORMWRIGHT_REGIONS: 'us-east-1',
    FORMWRIGHT_AMI: 'ami-formwright-local',
    FORMWRIGHT_INFERENCE_URL: at(ports.inference),
    FORMWRIGHT_INFERENCE_TOKEN: secrets.inferenceToken,
    FORMWRIGHT_ADMIN_TOKEN: secrets.adminToken,
    FORMWRIGHT_DECISION_KEY: secrets.decisionKey,
    FORMWRIGHT_BASE_DIR: BASE_DIR,
    FORMWRIGHT_REPOSITORY: process.env.FORMWRIGHT_REPOSITORY ?? ROOT,
    FORMWRIGHT_GATEWAY_URL: at(ports.gateway),
    FORMWRIGHT_APP_URL: site ?? at(ports.app),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: secrets.worker.accessKeyId,
    AWS_SECRET_ACCESS_KEY: secrets.worker.secretAccessKey,
  }
}

/** The content of platform.json. */
export function stateOf({ ports, env, parts }: Context): PlatformState {
  return PlatformState.parse({
    pid: process.pid,
    startedAt: new Date().toISOString(),
    addresses: {
      site: at(parts.includes('caddy') ? ports.site : ports.app),
      app: at(ports.app),
      temporal: env.FORMWRIGHT_TEMPORAL_ADDRESS,
      temporalUi: env.FORMWRIGHT_TEMPORAL_UI,
      s3: env.FORMWRIGHT_S3_ENDPOINT,
      ec2: env.FORMWRIGHT_EC2_ENDPOINT,
      inference: env.FORMWRIGHT_INFERENCE_URL,
      gateway: at(ports.gateway),
    },
    env,
  })
}
