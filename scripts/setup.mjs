// Everything that `npm start` and `npm test` need, in .formwright/ and node_modules/. Steps already done are skipped.
import { checkNode } from './setup/check.mjs'
import { SetupRefused, takeLock } from './setup/run.mjs'
import { baseModel, kernel, npmPackages, pythonPackages } from './setup/steps.mjs'

async function setUp() {
  checkNode()
  const [npm, python, compiled, base] = [npmPackages(), pythonPackages(), kernel(), baseModel()]
  if (!npm && !python && !compiled && !base) return
  takeLock()
  const began = Date.now()
  const byPython = async () => {
    await python?.()
    await compiled?.()
    await base?.()
  }
  // Both run to their end even when one fails, so that nothing is left half done.
  const ends = await Promise.allSettled([npm?.(), byPython()])
  const failed = ends.find(({ status }) => status === 'rejected')
  if (failed) throw failed.reason
  console.log(`Set-up done in ${Math.round((Date.now() - began) / 1000)} s`)
}

try {
  await setUp()
} catch (error) {
  if (!(error instanceof SetupRefused)) throw error
  console.error(`\nSet-up: ${error.message}`)
  process.exitCode = 1
}
