// Completes package-lock.json for every platform. Run by hand after `npm install`:
//   node scripts/lock-npm.mjs
// npm leaves out optional packages of other platforms that its registry did not show it, and `npm ci` refuses such a
// lock elsewhere. An entry of their version, system and processor is enough: npm looks the rest up where it needs it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FILE = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const PLATFORM = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-(\w+))?$/

/** Where node would find `name` from the package at `from`; undefined when the lock has no such entry. */
function resolve(packages, from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const path = `${base ? `${base}/` : ''}node_modules/${name}`
    if (packages[path]) return path
    if (base === '' || !base.includes('node_modules/')) return undefined
  }
}

function entryFor(name, version, dev) {
  const [, os, cpu, abi] = PLATFORM.exec(name) ?? []
  if (!os) throw new Error(`${name} is missing from the lock, and its name tells no platform.`)
  const libc = os === 'linux' && abi ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {}
  return { version, cpu: [cpu], ...(dev ? { dev: true } : {}), ...libc, optional: true, os: [os] }
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
let added = 0
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (resolve(lock.packages, path, name)) continue
    lock.packages[`node_modules/${name}`] = entryFor(name, version, dev)
    added += 1
  }
}
const [root, ...others] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([root, ...others.sort(([a], [b]) => a.localeCompare(b, 'en'))])
writeFileSync(`${FILE}.new`, `${JSON.stringify(lock, null, 2)}\n`)
renameSync(`${FILE}.new`, FILE)
console.log(`${added} entries added to package-lock.json`)
