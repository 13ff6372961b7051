import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../infra/local/layout.js'
import type { PartName } from '../../infra/local/part.js'
import { type Platform, startPlatform } from '../../infra/local/platform.js'

/** What a run needs; the web parts have tests of their own. */
export const RUN_PARTS: readonly PartName[] = ['temporal', 's3', 'ec2', 'inference', 'worker']

export interface Throwaway {
  platform: Platform
  /** A clone of this repository: pages are committed there. */
  repository: string
  close(): Promise<void>
}

/** The embedded platform in a folder of its own, on random ports, with a repository of its own. */
export async function throwawayPlatform(parts: readonly PartName[] = RUN_PARTS): Promise<Throwaway> {
  const dir = await mkdtemp(join(tmpdir(), 'formwright-run-'))
  const repository = join(dir, 'repository')
  execFileSync('git', ['clone', '--quiet', '--shared', ROOT, repository])
  execFileSync('git', ['-C', repository, 'remote', 'remove', 'origin'])
  const tell = process.env.FORMWRIGHT_TEST_TELL ? (line: string) => process.stderr.write(`${line}\n`) : undefined
  const platform = await startPlatform({
    parts,
    dir: join(dir, 'platform'),
    env: { FORMWRIGHT_REPOSITORY: repository, ...(parts.includes('gateway') ? {} : { FORMWRIGHT_GATEWAY_URL: '' }) },
    tell,
  })
  return {
    platform,
    repository,
    async close() {
      await platform.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Output of git in the repository, a line each. */
export function git(repository: string, ...args: string[]): string[] {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
}
