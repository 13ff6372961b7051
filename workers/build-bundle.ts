import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CACHE = join(ROOT, '.formwright', 'workflow-bundles')

/** Digest of everything the bundle is made of: our workflow code and contracts, and the lock file. */
async function sourceDigest(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of ['workflows', 'contracts']) {
    const paths = (await readdir(join(ROOT, folder), { recursive: true })).filter(
      (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
    )
    for (const path of paths.sort()) hash.update(`${folder}/${path}\n`).update(await readFile(join(ROOT, folder, path)))
  }
  return hash.update(await readFile(join(ROOT, 'package-lock.json'))).digest('hex')
}

/** The prebuilt workflow code, made when the sources changed: a worker starts in a second instead of five, with half the memory. */
export async function workflowBundle(cache: string = CACHE): Promise<{ codePath: string }> {
  const codePath = join(cache, `${await sourceDigest()}.js`)
  if (
    await readFile(codePath).then(
      () => true,
      () => false,
    )
  )
    return { codePath }
  const { code } = await bundleWorkflowCode({ workflowsPath: join(ROOT, 'workflows/index.ts') })
  await mkdir(cache, { recursive: true })
  const beside = `${codePath}.${process.pid}`
  await writeFile(beside, code)
  await rename(beside, codePath)
  const old = (await readdir(cache)).map((name) => join(cache, name)).filter((path) => path.endsWith('.js') && path !== codePath)
  await Promise.all(old.map((path) => rm(path, { force: true })))
  return { codePath }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await workflowBundle()).codePath)
