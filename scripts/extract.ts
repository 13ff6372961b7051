import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { type ExtractionResult, VARIANT_IDS, type VariantId } from '../contracts/index.js'
import { PdfRefused } from '../extraction/describe/index.js'
import { type Extractor, ExtractorUnavailable } from '../extraction/extractor.js'
import { createExtractor } from '../extraction/registry.js'
import { openInference } from './inference-service.js'

interface Options {
  variant: VariantId
  json?: boolean
  hints: boolean
}

function summary(file: string, result: ExtractionResult): string {
  const { spec, fieldMapping, confidence, provenance } = result
  const sure = new Map(confidence.map((c) => [c.fieldId, c]))
  const lines = [`${file}: ${spec.title}`]
  for (const group of spec.groups) {
    lines.push(`\n  ${group.title}`)
    for (const r of group.requirements) {
      const flags = sure.get(r.id)?.flags?.join(', ')
      const where = fieldMapping[r.fieldName]?.length ?? 0
      lines.push(
        `    ${r.label}  (${r.fieldType}${r.required ? ', required' : ''}${r.sensitivity ? `, ${r.sensitivity}` : ''}; ${where} widget${where === 1 ? '' : 's'}${flags ? `; ${flags}` : ''})`,
      )
    }
  }
  const fields = spec.groups.reduce((n, g) => n + g.requirements.length, 0)
  lines.push(
    `\n  ${fields} fields by ${provenance.variant}${provenance.adapter ? ` ${provenance.adapter.slice(0, 12)}` : ''} in ${provenance.seconds.toFixed(1)} s, $${provenance.dollars.toFixed(4)}\n`,
  )
  return lines.join('\n')
}

/** What went wrong with a file, for a person. */
function messageOf(error: unknown): string {
  if (error instanceof PdfRefused || error instanceof ExtractorUnavailable) return error.message
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'no such file'
  if ((error as NodeJS.ErrnoException).code === 'EISDIR') return 'is a folder, not a PDF'
  return `could not be extracted: ${error instanceof Error ? error.message : String(error)}`
}

async function extractAll(files: string[], extractor: Extractor, options: Options): Promise<number> {
  let failed = 0
  for (const file of files) {
    try {
      const result = await extractor.extract(new Uint8Array(await readFile(file)), {
        onWindow: (done, total) => {
          if (process.stderr.isTTY) process.stderr.write(`\r${file}: ${done}/${total} windows${done === total ? '\n' : ''}`)
        },
      })
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : summary(file, result))
    } catch (error) {
      failed++
      process.stderr.write(`${file}: ${messageOf(error)}\n`)
    }
  }
  return failed
}

const command = new Command('extract')
  .description('Extract a data-collection spec from each fillable PDF form')
  .argument('<file...>', 'PDF files')
  .addOption(new Option('--variant <id>', 'which extractor').choices(VARIANT_IDS).default('extraction/lora-v1'))
  .option('--json', 'one ExtractionResult a line on stdout, in the order of the files, and nothing else')
  .option('--no-hints', "leave the form's own tooltips and field names out of the description")
  .addHelpText(
    'after',
    '\nExit codes: 0 all extracted, 1 at least one file failed (its message is on stderr), 2 the variant cannot run here.',
  )
  .parse()
const options = command.opts<Options>()
const service = options.variant === 'extraction/lora-v1' ? await openInference().catch((error: unknown) => error as Error) : undefined
if (service instanceof Error) {
  process.stderr.write(`extraction/lora-v1 cannot run here: ${service.message}\n`)
  process.exitCode = 2
} else {
  try {
    const extractor = createExtractor(options.variant, {
      hints: options.hints,
      ...(service ? { inference: { url: service.url, ...(service.token ? { token: service.token } : {}) } } : {}),
      anthropic: {
        ...(process.env.ANTHROPIC_API_KEY ? { apiKey: process.env.ANTHROPIC_API_KEY } : {}),
        ...(process.env.ANTHROPIC_BASE_URL ? { baseUrl: process.env.ANTHROPIC_BASE_URL } : {}),
      },
    })
    process.exitCode = (await extractAll(command.args, extractor, options)) > 0 ? 1 : 0
  } catch (error) {
    process.stderr.write(`${options.variant} cannot run here: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  } finally {
    await service?.close()
  }
}
