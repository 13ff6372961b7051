import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../layout.js'
import type { Command } from '../part.js'

/** Keys of services outside the platform. They are passed on, never written to a file. */
const OUTSIDE = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'GITHUB_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_BOT_TOKEN',
  'SLACK_CHANNEL',
  'SLACK_API_URL',
]

/** A TypeScript entry point, run in the process that is signalled: `npx tsx` would leave a child behind. */
export const nodeCommand = (entry: string, env: Record<string, string>): Command => ({
  file: process.execPath,
  args: ['--import', 'tsx', join(ROOT, entry)],
  // README.md says which Node the AWS SDK will want; a warning in every log helps nobody.
  env: {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...Object.fromEntries(OUTSIDE.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    ...env,
  },
})

export const hasEntry = (entry: string): boolean => existsSync(join(ROOT, entry))
