import { z } from 'zod'
import { INSTANCE_PROFILE } from './compute.js'

/** Environment of every part. The embedded platform and AWS differ in these values only. */
export const Settings = z.object({
  FORMWRIGHT_TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  FORMWRIGHT_TEMPORAL_NAMESPACE: z.string().default('default'),
  /** `on`: by TLS, also without a certificate of our own. An API key or a certificate turns it on by itself. */
  FORMWRIGHT_TEMPORAL_TLS: z.enum(['off', 'on']).default('off'),
  FORMWRIGHT_TEMPORAL_API_KEY: z.string().optional(),
  /** PEM: our certificate and key for mTLS, and the authority that signed the server's. */
  FORMWRIGHT_TEMPORAL_TLS_CERT: z.string().optional(),
  FORMWRIGHT_TEMPORAL_TLS_KEY: z.string().optional(),
  FORMWRIGHT_TEMPORAL_TLS_CA: z.string().optional(),
  FORMWRIGHT_TEMPORAL_UI: z.string().default('http://127.0.0.1:8233'),
  /** Absent: AWS's own. */
  FORMWRIGHT_S3_ENDPOINT: z.url().optional(),
  FORMWRIGHT_EC2_ENDPOINT: z.url().optional(),
  FORMWRIGHT_BUCKET: z.string().default('formwright'),
  FORMWRIGHT_REGIONS: z
    .string()
    .default('us-east-1')
    .transform((s) => s.split(',').map((r) => r.trim())),
  /** AMI that the instances boot; the embedded platform has one. */
  FORMWRIGHT_AMI: z.string().default('ami-formwright-local'),
  /** `embedded` or `aws`: chooses instance types and the default assurance, never code. */
  FORMWRIGHT_PROFILE: z.enum(['embedded', 'aws']).default('embedded'),
  FORMWRIGHT_INFERENCE_URL: z.url().default('http://127.0.0.1:8090'),
  /** `vllm`: a vLLM server answers in place of our own service; see docs/larger-bases.md. */
  FORMWRIGHT_INFERENCE_API: z.enum(['formwright', 'vllm']).default('formwright'),
  /** With vLLM: the folder that its server reads adapters from, under the same path for the worker. */
  FORMWRIGHT_VLLM_ADAPTERS: z.string().startsWith('/').optional(),
  FORMWRIGHT_INFERENCE_TOKEN: z.string().min(16).optional(),
  FORMWRIGHT_ADMIN_TOKEN: z.string().min(16).optional(),
  /** Key of the HMAC that proves a decision came through the gateway or the app. */
  FORMWRIGHT_DECISION_KEY: z.string().min(32).optional(),
  /** Folder of the converted base model, with its manifest.json. */
  FORMWRIGHT_BASE_DIR: z.string().default('.formwright/base/SmolLM2-135M-Instruct'),
  /** IAM instance profile of the instances; it may read datasets, bases and bundles, and write below its own run. */
  FORMWRIGHT_INSTANCE_PROFILE: z.string().default(INSTANCE_PROFILE),
  /** Subnets, one per zone, comma-separated `zone=subnet`; absent: the default VPC. */
  FORMWRIGHT_SUBNETS: z.string().optional(),
  FORMWRIGHT_SECURITY_GROUP: z.string().optional(),
  /** Launch template that instances start from: encrypted volume, metadata service with tokens only (`infra/aws/network.yaml`). */
  FORMWRIGHT_LAUNCH_TEMPLATE: z.string().startsWith('lt-').optional(),
  /** Git repository whose `catalog/<run>` branches get the pages. */
  FORMWRIGHT_REPOSITORY: z.string().optional(),
  /** Folder for the worktrees that pages are written in, relative to the checkout; each is removed after its commit. */
  FORMWRIGHT_WORKTREES: z.string().default('.formwright/worktrees'),
  /** Git remote that gets the catalog branches; `none` keeps them here. A remote that does not exist is not pushed to. */
  FORMWRIGHT_CATALOG_REMOTE: z.string().default('origin'),
  FORMWRIGHT_APP_URL: z.url().optional(),
  /** The gateway, which tells people; absent: nobody is told beyond the UIs. */
  FORMWRIGHT_GATEWAY_URL: z.url().optional(),
  /** Who may decide through `POST /decisions`: `name=token`, comma-separated, tokens of 24 letters and more. */
  FORMWRIGHT_APPROVER_TOKENS: z.string().optional(),
  SLACK_SIGNING_SECRET: z.string().optional(),
  SLACK_BOT_TOKEN: z.string().optional(),
  SLACK_CHANNEL: z.string().optional(),
  SLACK_API_URL: z.url().optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  GITHUB_TOKEN: z.string().optional(),
  GITHUB_API_URL: z.url().optional(),
})
export type Settings = z.infer<typeof Settings>

/** Throws one line per wrong variable, naming it. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = Settings.safeParse(present)
  if (parsed.success) return parsed.data
  throw new Error(`Wrong environment:\n${parsed.error.issues.map((i) => `  ${i.path.join('.')}: ${i.message}`).join('\n')}`)
}

/** `.formwright/platform.json`: what is running and where, written by the embedded platform, mode 0600. Environment for every part is in `env`. */
export const PlatformState = z.object({
  pid: z.int(),
  startedAt: z.iso.datetime(),
  addresses: z.object({
    site: z.url(),
    app: z.url(),
    temporal: z.string(),
    temporalUi: z.url(),
    s3: z.url(),
    ec2: z.url(),
    inference: z.url(),
    gateway: z.url(),
  }),
  env: z.record(z.string(), z.string()),
})
export type PlatformState = z.infer<typeof PlatformState>
