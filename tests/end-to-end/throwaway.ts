import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layoutOf, ROOT } from '../../infra/local/layout.js'
import type { PartName } from '../../infra/local/part.js'
import { type Platform, startPlatform } from '../../infra/local/platform.js'

/** What a run needs; the web parts have tests of their own. */
const RUN_PARTS: readonly PartName[] = ['temporal', 's3', 'ec2', 'inference', 'worker']

export interface Throwaway {
  platform: Platform
  /** A clone of this repository: pages are committed there. */
  repository: string
  close(): Promise<void>
}

/**
 * The embedded platform in a folder of its own, on random ports, with a repository of its own.
 * @param more environment of the parts, which may depend on the file that will hold the ports
 */
export async function throwawayPlatform(
  more: (portsFile: string) => Record<string, string> | Promise<Record<string, string>> = () => ({}),
): Promise<Throwaway> {
  const dir = await mkdtemp(join(tmpdir(), 'formwright-run-'))
  const home = join(dir, 'platform')
  const repository = cloneHere(join(dir, 'repository'))
  const tell = process.env.FORMWRIGHT_TEST_TELL ? (line: string) => process.stderr.write(`${line}\n`) : undefined
  // Nobody is told: there is no gateway here.
  const env = { FORMWRIGHT_REPOSITORY: repository, FORMWRIGHT_GATEWAY_URL: '', ...(await more(layoutOf(home).ports)) }
  const platform = await startPlatform({ parts: RUN_PARTS, dir: home, env, tell })
  return {
    platform,
    repository,
    async close() {
      await platform.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Clones this repository into a folder, without a remote, so that pages stay there. */
export function cloneHere(folder: string): string {
  execFileSync('git', ['clone', '--quiet', '--shared', ROOT, folder])
  execFileSync('git', ['-C', folder, 'checkout', '--quiet', '-B', 'main'])
  execFileSync('git', ['-C', folder, 'remote', 'remove', 'origin'])
  return folder
}

/** Output of git in the repository, a line each. */
export function git(repository: string, ...args: string[]): string[] {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
}
