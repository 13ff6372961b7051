import { execFile } from 'node:child_process'
import { z } from 'zod'

/** What an auditor said of locked packages. */
export interface Verdict {
  tool: string
  answer: 'none known' | 'known' | 'no answer'
  /** The advisories, or why there was no answer. */
  details: string[]
}

const Npm = z.object({
  metadata: z.object({ vulnerabilities: z.object({ total: z.int() }) }),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
})
const Pip = z.object({
  dependencies: z.array(
    z.object({
      name: z.string(),
      version: z.string().optional(),
      /** pip-audit counts what it could not ask about as fine. */
      skip_reason: z.string().optional(),
      vulns: z.array(z.object({ id: z.string() })).default([]),
    }),
  ),
})

const AUDIT_MS = 10 * 60_000

/** An auditor ends with a status of its own where it found something, so the status says nothing here. */
function outputOf(file: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, timeout: AUDIT_MS, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr: stderr || (error?.message ?? '') }),
    )
  })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const verdict = (tool: string, known: string[]): Verdict => ({ tool, answer: known.length > 0 ? 'known' : 'none known', details: known })
const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .filter((line) => !line.includes('A complete log of this run'))
    .at(-1) ?? ''

/** Asks npm's registry about package-lock.json. */
export async function askNpm(root: string, env: NodeJS.ProcessEnv = process.env): Promise<Verdict> {
  const { stdout, stderr } = await outputOf('npm', ['audit', '--package-lock-only', '--json'], root, env)
  const report = Npm.safeParse(json(stdout))
  if (report.success)
    return verdict(
      'npm audit',
      Object.entries(report.data.vulnerabilities).map(([name, { severity, range }]) => `${name} ${range}: ${severity}`),
    )
  const said = z.object({ message: z.string() }).safeParse(json(stdout))
  return { tool: 'npm audit', answer: 'no answer', details: [said.success ? said.data.message : lastLine(stderr)] }
}

/** Asks PyPI's advisories about one hashed lock. @param program pip-audit's */
export async function askPip(program: string, root: string, lock: string, env: NodeJS.ProcessEnv = process.env): Promise<Verdict> {
  const args = ['-r', lock, '--require-hashes', '--disable-pip', '--progress-spinner', 'off', '--format', 'json']
  const { stdout, stderr } = await outputOf(program, args, root, env)
  const tool = `pip-audit, ${lock}`
  const report = Pip.safeParse(json(stdout))
  if (!report.success) return { tool, answer: 'no answer', details: [lastLine(stderr)] }
  const { dependencies } = report.data
  const known = dependencies.flatMap(({ name, version, vulns }) => vulns.map(({ id }) => `${name} ${version ?? ''}: ${id}`))
  const skipped = dependencies.flatMap(({ skip_reason }) => skip_reason ?? [])
  if (skipped.length === 0 || known.length > 0) return verdict(tool, known)
  return { tool, answer: 'no answer', details: [`${skipped.length} of ${dependencies.length} not audited, such as: ${skipped[0]}`] }
}
