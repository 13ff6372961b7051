// Running commands, and stamps that say which steps are done.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const HOME = join(ROOT, '.formwright')
const LOG = join(HOME, 'logs', 'setup.log')
const LAST_LINES = 15

/** A condition that people must mend; its message is all they need. */
export class SetupRefused extends Error {}

/** Runs a command, its output into setup.log; throws SetupRefused with the last lines when it fails. */
export async function run(what, command, args, env = {}) {
  mkdirSync(dirname(LOG), { recursive: true })
  const log = createWriteStream(LOG, { flags: 'a' })
  const tail = []
  const keep = (chunk) => {
    log.write(chunk)
    tail.push(
      ...chunk
        .toString()
        .split('\n')
        .filter((line) => line.trim()),
    )
    tail.splice(0, tail.length - LAST_LINES)
  }
  log.write(`\n$ ${command} ${args.join(' ')}\n`)
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `status ${code ?? signal}`))
  })
  log.end()
  if (status === undefined) return
  throw new SetupRefused(
    `${what} failed (${status}). What was done before is kept; run this again when the cause is gone.\n${tail.map((line) => `  ${line}`).join('\n')}\nAll of it: ${LOG}`,
  )
}

/** Whether a command succeeds that need not. */
export const succeeds = (what, command, args, env = {}) =>
  run(what, command, args, env).then(
    () => true,
    (error) => {
      if (error instanceof SetupRefused) return false
      throw error
    },
  )

export const sha256 = (...files) => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}

/** `begun` before the step, the step's own hash after it: a step that was killed is told from one never tried. */
const stampOf = (name) => join(HOME, 'stamps', name)
const BEGUN = 'begun'

export function stamp(name) {
  try {
    return readFileSync(stampOf(name), 'utf8')
  } catch {
    return undefined
  }
}

export const wasKilled = (name) => stamp(name) === BEGUN

function write(name, text) {
  const file = stampOf(name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

/** Does a step and tells how long it took. */
export async function step(name, title, wanted, work) {
  write(name, BEGUN)
  const began = Date.now()
  console.log(`· ${title} …`)
  await work()
  write(name, wanted)
  console.log(`✓ ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
}

/** Only one set-up at a time on a checkout. Throws SetupRefused when another one runs. */
export function takeLock() {
  const file = join(HOME, 'setup.lock')
  mkdirSync(HOME, { recursive: true })
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      process.on('exit', () => rmSync(file, { force: true }))
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = Number(readFileSync(file, 'utf8'))
    if (alive(holder)) throw new SetupRefused(`Set-up already runs here (process ${holder}). Wait for it, then run this again.`)
    rmSync(file, { force: true })
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return pid > 0
  } catch (error) {
    return error.code === 'EPERM'
  }
}
