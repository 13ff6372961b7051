import { existsSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import {
  type ExtractionResult,
  type Figure,
  type Fixture,
  METRICS,
  type Metric,
  type QualityReport,
  type Score,
  type VariantQuality,
} from '../contracts/index.js'
import { DATA_DIR } from '../data/fine-tuning/extraction/curate.js'
import { readFixtures } from '../data/fine-tuning/extraction/pairs.js'
import { describeForm } from '../extraction/describe/index.js'
import type { Extractor } from '../extraction/extractor.js'
import { tokenF1 } from '../extraction/label.js'
import { bootstrap, figure, scoreForm } from '../extraction/score.js'
import { createLoraExtractor } from '../extraction/variants/lora-v1.js'
import { createRulesExtractor } from '../extraction/variants/rules-extractor.js'
import { openInference } from './inference-service.js'

/** Labels agree from this token F1 on; design.md, "Scoring". */
const MIN_LABEL_F1 = 0.5

async function heldOut(extractor: Extractor, fixtures: Fixture[]): Promise<{ scores: Score[]; results: ExtractionResult[] }> {
  const scores: Score[] = []
  const results: ExtractionResult[] = []
  for (const fixture of fixtures) {
    const result = await extractor.extract(new Uint8Array(await readFile(join(DATA_DIR, 'fixtures', fixture.pdf))))
    scores.push(scoreForm(fixture, result))
    results.push(result)
  }
  return { scores, results }
}

interface Agreement {
  agree: number
  widgets: number
}

/** Real forms: their tooltips are gold, hidden from the description; a widget agrees when its field's label does. */
async function realForm(extractor: Extractor, pdf: Uint8Array): Promise<{ agreement: Agreement; result: ExtractionResult }> {
  const gold = new Map(
    (await describeForm(pdf)).markers.flatMap((m) => (m.hint?.tooltip && m.index >= 0 ? [[`${m.page}/${m.index}`, m.hint.tooltip]] : [])),
  )
  const result = await extractor.extract(pdf)
  const predicted = new Map<string, string>()
  for (const r of result.spec.groups.flatMap((g) => g.requirements)) {
    for (const w of result.fieldMapping[r.fieldName] ?? []) predicted.set(`${w.page}/${w.index}`, r.label)
  }
  const agree = [...gold].filter(([key, tooltip]) => tokenF1(predicted.get(key) ?? '', tooltip) >= MIN_LABEL_F1).length
  return { agreement: { agree, widgets: gold.size }, result }
}

async function measure(
  name: string,
  make: (hints: boolean) => Extractor,
  fixtures: Fixture[],
  realDir: string | undefined,
): Promise<VariantQuality> {
  const { scores, results } = await heldOut(make(options.hints), fixtures)
  const agreements: Agreement[] = []
  if (realDir && existsSync(realDir)) {
    for (const file of (await readdir(realDir)).filter((f) => f.endsWith('.pdf')).sort()) {
      const { agreement, result } = await realForm(make(false), new Uint8Array(await readFile(join(realDir, file))))
      process.stderr.write(`${name} ${file}: ${agreement.agree}/${agreement.widgets}\n`)
      agreements.push(agreement)
      results.push(result)
    }
  }
  const mean = (pick: (r: ExtractionResult) => number) => results.reduce((sum, r) => sum + pick(r), 0) / Math.max(1, results.length)
  const share = (sample: Agreement[]) =>
    sample.reduce((n, a) => n + a.agree, 0) /
    Math.max(
      1,
      sample.reduce((n, a) => n + a.widgets, 0),
    )
  return {
    variant: name,
    adapter: results[0]?.provenance.adapter ?? null,
    heldOut: {
      forms: scores.length,
      metrics: Object.fromEntries(METRICS.map((m) => [m, figure(m, scores)])) as Record<Metric, Figure>,
      strictAllCorrect: scores.filter((s) => s.strictAllCorrect).length,
    },
    realForms:
      agreements.length > 0
        ? { forms: agreements.length, widgets: agreements.reduce((n, a) => n + a.widgets, 0), agree: bootstrap(agreements, share) }
        : null,
    unparseable: results.reduce((n, r) => n + r.provenance.unparseable, 0),
    secondsPerForm: mean((r) => r.provenance.seconds),
    tokensPerForm: mean((r) => r.provenance.tokens.prompt + r.provenance.tokens.completion),
  }
}

const percent = (f: Figure): string => `${(100 * f.value).toFixed(1)} [${(100 * f.low).toFixed(0)}–${(100 * f.high).toFixed(0)}]`

function table(reports: VariantQuality[]): string {
  const lines = reports.flatMap((r) => [
    `${r.variant}${r.adapter ? ` (${r.adapter.slice(0, 12)})` : ''}: ${r.secondsPerForm.toFixed(1)} s and ${Math.round(r.tokensPerForm)} tokens a form, ${r.unparseable} unparseable`,
    ...(r.heldOut
      ? [`  held-out families, ${r.heldOut.forms} forms: ${METRICS.map((m) => `${m} ${percent(r.heldOut!.metrics[m])}`).join(', ')}`]
      : []),
    ...(r.realForms
      ? [`  real forms, ${r.realForms.forms} forms, ${r.realForms.widgets} widgets: labels agree ${percent(r.realForms.agree)}`]
      : []),
  ])
  return `${lines.join('\n')}\n`
}

const options = new Command('bench-quality')
  .description(
    'Every variant over the held-out authored families and, where the folder is there, over real forms with their tooltips hidden',
  )
  .option('--real <dir>', 'folder of real fillable forms', existsSync('../shared/forms/dev') ? '../shared/forms/dev' : undefined)
  .option('--variants <names>', 'comma-separated: rules, lora, base', 'rules,base,lora')
  .option('--adapter <dir>', 'measure this adapter folder on a service of its own instead of what is live')
  .option('--model <name>', 'alias or digest that lora stands for', 'lora-v1')
  .option('--out <file>', 'write the report as JSON')
  .option('--no-hints', 'hide tooltips and field names of the authored forms too')
  .option('--json', 'print the report as JSON')
  .parse()
  .opts<{ real?: string; variants: string; model: string; adapter?: string; out?: string; hints: boolean; json?: boolean }>()
const names = options.variants.split(',')
const fixtures = await readFixtures(join(DATA_DIR, 'fixtures'))
const service = names.some((n) => n !== 'rules') ? await openInference(options.adapter) : undefined
try {
  const reports: VariantQuality[] = []
  for (const name of names) {
    const served = (hints: boolean) =>
      createLoraExtractor({
        url: service!.url,
        ...(service!.token ? { token: service!.token } : {}),
        hints,
        model: name === 'base' ? service!.baseModel : options.model,
      })
    reports.push(await measure(name, name === 'rules' ? (hints) => createRulesExtractor({ hints }) : served, fixtures, options.real))
  }
  const report: QualityReport = {
    at: new Date().toISOString(),
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    reports,
  }
  if (options.out) await writeFile(options.out, `${JSON.stringify(report, null, 1)}\n`)
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : table(reports))
} finally {
  await service?.close()
}
