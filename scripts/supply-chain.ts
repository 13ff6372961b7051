import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { z } from 'zod'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const LICENCES = join(ROOT, 'docs', 'licences.md')
const SBOM = join(ROOT, '.formwright', 'sbom.cdx.json')

export interface Package {
  ecosystem: 'npm' | 'pypi'
  name: string
  version: string
  licence: string
  /** Only checks and tests use it. */
  dev: boolean
  /** As the lock file has it: `sha512-…` in base64, or `sha256:…` in hex. */
  hash: string
}

const Lock = z.object({
  packages: z.record(
    z.string(),
    z
      .object({ version: z.string(), license: z.string(), integrity: z.string(), dev: z.boolean(), optional: z.boolean() })
      .partial()
      .loose(),
  ),
})

/** Packages of package-lock.json, one for each name and version. */
export async function npmPackages(): Promise<Package[]> {
  const { packages } = Lock.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')))
  const found = new Map<string, Package>()
  for (const [path, { version, license, integrity, dev }] of Object.entries(packages)) {
    const name = path.split('node_modules/').at(-1)!
    if (path === '' || version === undefined) continue
    const known = found.get(`${name}@${version}`)
    // A build for another machine is in the lock by name only; its licence is its package's.
    const licence = license ?? known?.licence ?? ''
    found.set(`${name}@${version}`, {
      ecosystem: 'npm',
      name,
      version,
      licence,
      dev: (dev ?? false) && (known?.dev ?? true),
      hash: integrity ?? '',
    })
  }
  return [...found.values()]
}

const PYTHON_LICENCES = `
import importlib.metadata as metadata, json, re
found = {}
for package in metadata.distributions():
    meta = package.metadata
    classifiers = [c.rsplit(" :: ", 1)[1] for c in meta.get_all("Classifier") or [] if c.startswith("License ::") and "OSI Approved" != c.rsplit(" :: ", 1)[1]]
    text = (meta.get("License") or "").strip().splitlines()
    short = text[0] if len(text) == 1 and len(text[0]) < 60 else ""
    found[re.sub(r"[-_.]+", "-", meta["Name"]).lower()] = meta.get("License-Expression") or " OR ".join(classifiers) or short
print(json.dumps(found))
`

/** Packages of the hashed locks, with the licences that the installed ones state. */
export async function pythonPackages(): Promise<Package[]> {
  const answer = execFileSync(join(ROOT, '.formwright', 'venv', 'bin', 'python'), ['-c', PYTHON_LICENCES], { encoding: 'utf8' })
  const licences = z.record(z.string(), z.string()).parse(JSON.parse(answer))
  const found: Package[] = []
  for (const file of ['requirements.txt', 'requirements-cuda.txt', 'requirements-base-model.txt']) {
    const text = await readFile(join(ROOT, file), 'utf8')
    for (const [, name, version, hash] of text.matchAll(/^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)[^\n]*\n\s+--hash=(sha256:\w+)/gm))
      found.push({ ecosystem: 'pypi', name: name!, version: version!, licence: licences[name!] ?? '', dev: false, hash: hash! })
  }
  return found
}

/** The committed list: a table of licences with the packages under each. */
export function licencesPage(packages: Package[]): string {
  const groups = new Map<string, Set<string>>()
  for (const { licence, name } of packages) {
    const key = licence || 'not installed here: see the package'
    groups.set(key, (groups.get(key) ?? new Set()).add(name))
  }
  const rows = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, names]) => `| ${licence} | ${[...names].sort().join(', ')} |`)
  return `# Licences of what Formwright uses

Made by \`npm run supply-chain\` from package-lock.json and the hashed requirements: what each package states. Formwright itself is Apache-2.0.

\`npm audit\` and \`pip-audit\` ask services for known vulnerabilities, which this list cannot; [the threat model](threat-model.md#supply-chain) says what they answered.

| Licence | Packages |
|---|---|
${rows.join('\n')}
`
}

const hashOf = ({ ecosystem, hash }: Package): { alg: string; content: string }[] => {
  if (!hash) return []
  if (ecosystem === 'pypi') return [{ alg: 'SHA-256', content: hash.slice('sha256:'.length) }]
  const [alg, content] = hash.split(' ')[0]!.split('-') as [string, string]
  return [{ alg: alg.replace('sha', 'SHA-'), content: Buffer.from(content, 'base64').toString('hex') }]
}

/** CycloneDX 1.5 over both ecosystems. The same locks give the same bytes. */
export function bom(packages: Package[]): unknown {
  const purl = ({ ecosystem, name, version }: Package) => `pkg:${ecosystem}/${name.replace('@', '%40')}@${version}`
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'formwright', licenses: [{ license: { id: 'Apache-2.0' } }] } },
    components: packages.map((one) => ({
      type: 'library',
      'bom-ref': purl(one),
      name: one.name,
      version: one.version,
      purl: purl(one),
      scope: one.dev ? 'excluded' : 'required',
      licenses: one.licence ? [{ license: { name: one.licence } }] : [],
      hashes: hashOf(one),
    })),
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

async function main(): Promise<void> {
  const { sbom } = new Command('npm run supply-chain --')
    .description('Writes docs/licences.md and an SBOM (CycloneDX) of everything that the lock files name.')
    .option('--sbom <file>', 'where the SBOM goes', SBOM)
    .parse()
    .opts<{ sbom: string }>()
  const packages = [...(await npmPackages()), ...(await pythonPackages())]
  await write(LICENCES, licencesPage(packages))
  await write(sbom, `${JSON.stringify(bom(packages), null, 1)}\n`)
  process.stdout.write(`docs/licences.md and ${sbom}: ${packages.length} packages\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
