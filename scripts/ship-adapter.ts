import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Command } from 'commander'
import { AdapterManifest, METRICS, QualityReport, type VariantQuality } from '../contracts/index.js'
import { canonicalJson } from '../data/fine-tuning/extraction/curate.js'
import { SHIPPED_ADAPTER } from '../infra/local/layout.js'

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const percent = (share: number): string => (100 * share).toFixed(1)

/** The adapter's files by name, each of the digest that its manifest gives. */
async function readAdapter(dir: string): Promise<{ digest: string; manifest: AdapterManifest; files: Map<string, Buffer> }> {
  const bytes = await readFile(join(dir, 'manifest.json'))
  const manifest = AdapterManifest.parse(JSON.parse(bytes.toString('utf8')))
  const files = new Map<string, Buffer>()
  for (const { path, sha256: expected } of manifest.files) {
    const file = await readFile(join(dir, path))
    if (sha256(file) !== expected) throw new Error(`Expected ${path} to have the sha256 of the manifest, ${expected}. Nothing was shipped.`)
    files.set(path, file)
  }
  return { digest: sha256(bytes), manifest, files }
}

/** The card's part with the figures of a `bench:quality` report. */
function measured(variants: VariantQuality[], machine: string, digest: string): string {
  const held = variants.flatMap((v) => (v.heldOut ? [{ name: v.variant, forms: v.heldOut.forms, metrics: v.heldOut.metrics }] : []))
  const rows = held.map(({ name, metrics }) => `| ${name} | ${METRICS.map((m) => percent(metrics[m].value)).join(' | ')} |`)
  const real = variants.flatMap((v) =>
    v.realForms
      ? [
          `${v.variant} ${percent(v.realForms.agree.value)} % [${percent(v.realForms.agree.low)}–${percent(v.realForms.agree.high)}] of ${v.realForms.widgets} widgets`,
        ]
      : [],
  )
  return [
    '## Measured',
    `By \`npm run bench:quality\` on ${machine}, in %, over ${held[0]?.forms ?? 0} authored forms of held-out families. These weights were measured under the digest \`${digest}\`, before this section was written.`,
    [`| variant | ${METRICS.join(' | ')} |`, `|---|${METRICS.map(() => '---:').join('|')}|`, ...rows].join('\n'),
    ...(real.length > 0 ? [`Real forms, tooltips hidden and taken as gold, labels that agree: ${real.join('; ')}.`] : []),
    'A person checks what it extracts before it is used. What does not work yet is on the catalog page.',
  ].join('\n\n')
}

const options = new Command('ship-adapter')
  .description('Put a trained adapter into the repository, with the figures of its bench:quality report on its model card')
  .requiredOption('--adapter <dir>', 'adapter folder in the layout of PEFT, with manifest.json')
  .requiredOption('--report <file>', 'report that bench:quality --adapter wrote of it with --out')
  .option('--lineage <text>', 'where its weights started, when not from zero')
  .option('--out <dir>', 'folder that it replaces', SHIPPED_ADAPTER)
  .parse()
  .opts<{ adapter: string; report: string; lineage?: string; out: string }>()

const { digest, manifest, files } = await readAdapter(options.adapter)
const report = QualityReport.parse(JSON.parse(await readFile(options.report, 'utf8')))
if (!report.reports.some((r) => r.adapter === digest))
  throw new Error(`Expected ${options.report} to have measured the adapter ${digest}. Nothing was shipped.`)
const card = files.get('README.md')?.toString('utf8').trimEnd() ?? ''
const lineage = options.lineage ? `\n\n${options.lineage}` : ''
files.set('README.md', Buffer.from(`${card}${lineage}\n\n${measured(report.reports, report.machine, digest)}\n`))

const shipped = canonicalJson({
  ...manifest,
  files: [...files].map(([path, bytes]) => ({ path, sha256: sha256(bytes), bytes: bytes.byteLength })),
})
const beside = join(dirname(options.out), `.${basename(options.out)}.next`)
await rm(beside, { recursive: true, force: true })
await mkdir(beside, { recursive: true })
for (const [path, bytes] of files) await writeFile(join(beside, path), bytes)
await writeFile(join(beside, 'manifest.json'), shipped)
await rm(options.out, { recursive: true, force: true })
await rename(beside, options.out)
process.stdout.write(`${options.out}: ${sha256(shipped)}\n`)
