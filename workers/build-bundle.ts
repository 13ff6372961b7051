import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CACHE = join(ROOT, '.formwright', 'workflow-bundles')

/** Workflow code of the spans, which only a bundle with traces holds. */
const TRACES = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'

const DAY_MS = 86_400_000

const isSource = (path: string): boolean => path.endsWith('.ts') && !path.endsWith('.test.ts')

/** Digest of everything a bundle is made of: the entry's folder, our workflow code and contracts, and the lock file. */
async function sourceDigest(entry: string): Promise<string> {
  const hash = createHash('sha256').update(relative(ROOT, entry))
  for (const folder of new Set(['workflows', 'contracts', relative(ROOT, dirname(entry))])) {
    const paths = (await readdir(join(ROOT, folder), { recursive: true })).filter(isSource).sort()
    for (const path of paths) hash.update(`${folder}/${path}\n`).update(await readFile(join(ROOT, folder, path)))
  }
  return hash.update(await readFile(join(ROOT, 'package-lock.json'))).digest('hex')
}

export interface BundleOptions {
  /** Module that exports the workflows. */
  entry?: string
  cache?: string
  /** With the interceptors that make spans. They change no command, so that a run may go from one bundle to the other. */
  traced?: boolean
}

/** Workflow code ready to run, made again when its sources changed: a worker starts in a second instead of five, with half the memory. */
export async function workflowBundle({
  entry = join(ROOT, 'workflows/index.ts'),
  cache = CACHE,
  traced = false,
}: BundleOptions = {}): Promise<{ codePath: string }> {
  const kind = `${basename(dirname(entry))}${traced ? '-traced' : ''}`
  const codePath = join(cache, `${kind}-${await sourceDigest(entry)}.js`)
  const there = await access(codePath).then(
    () => true,
    () => false,
  )
  if (there) return { codePath }
  const { code } = await bundleWorkflowCode({
    workflowsPath: entry,
    workflowInterceptorModules: traced ? [createRequire(import.meta.url).resolve(TRACES)] : [],
    logger: new DefaultLogger('WARN'),
  })
  return { codePath: await keep(code, codePath).catch((error: NodeJS.ErrnoException) => keepAside(code, codePath, error)) }
}

async function keep(code: string, codePath: string): Promise<string> {
  const cache = dirname(codePath)
  await mkdir(cache, { recursive: true })
  const beside = `${codePath}.${process.pid}`
  await writeFile(beside, code)
  await rename(beside, codePath)
  await removeOld(cache)
  return codePath
}

/** A worker whose checkout is read-only, as on NixOS, and whose bundle nobody made beforehand has its own. */
async function keepAside(code: string, codePath: string, error: NodeJS.ErrnoException): Promise<string> {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error
  const aside = join(await mkdtemp(join(tmpdir(), 'formwright-bundle-')), basename(codePath))
  await writeFile(aside, code)
  return aside
}

/** A worker reads its bundle when it starts, and others may be starting: only what nobody has needed for a day goes. */
async function removeOld(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > DAY_MS) await rm(path, { force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const traced of [false, true]) console.log((await workflowBundle({ traced })).codePath)
