import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SlackApi } from '../../gateway/testing/slack-api.js'
import { type Platform, startPlatform } from '../../infra/local/platform.js'
import { cloneHere } from '../../tests/end-to-end/throwaway.js'

/** The whole embedded platform in a folder of its own, with the shipped adapter, and a server where Slack would be. */
export interface Studio {
  platform: Platform
  slack: SlackApi
  /** The app behind Caddy, and the password that it told at its start. */
  site: { url: string; password: string }
  close(): Promise<void>
}

export async function openStudio(tell: (line: string) => void): Promise<Studio> {
  const dir = await mkdtemp(join(tmpdir(), 'formwright-pictures-'))
  const slack = new SlackApi()
  const env = {
    // Pages of the run that is photographed are committed there.
    FORMWRIGHT_REPOSITORY: cloneHere(join(dir, 'repository')),
    SLACK_API_URL: await slack.url(),
    SLACK_BOT_TOKEN: 'xoxb-of-no-workspace',
    SLACK_SIGNING_SECRET: 'of-no-workspace-either',
    SLACK_CHANNEL: 'C0000000000',
  }
  const platform = await startPlatform({ dir: join(dir, 'platform'), env, tell })
  const close = async () => {
    await platform.stop()
    await slack.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const log = await readFile(join(platform.layout.logs, 'app.log'), 'utf8')
    const password = /its password (\S+)/.exec(log)?.[1]
    if (!password) throw new Error(`The app told no password; its log is:\n${log}`)
    return { platform, slack, site: { url: platform.state.addresses.site, password }, close }
  } catch (error) {
    await close()
    throw error
  }
}
