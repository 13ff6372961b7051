import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { AuthoredDataInvalid, loadForms } from '../data/fine-tuning/extraction/load.js'
import { renderForm } from '../data/fine-tuning/extraction/render/index.js'

const FORMS = new URL('../data/fine-tuning/extraction/forms', import.meta.url).pathname

async function main(): Promise<void> {
  const options = new Command('render-forms')
    .description('Renders authored forms to PDF, to look at them')
    .requiredOption('--form <ids>', "ids of forms, comma separated, or 'all'")
    .option('--seeds <numbers>', 'layout seeds, comma separated', '1')
    .requiredOption('--out <folder>', 'where the PDFs go')
    .parse()
    .opts<{ form: string; seeds: string; out: string }>()
  const forms = await loadForms(FORMS)
  const wanted = options.form === 'all' ? forms : forms.filter((f) => options.form.split(',').includes(f.id))
  if (wanted.length === 0) throw new Error(`No authored form is called ${options.form}. There are: ${forms.map((f) => f.id).join(', ')}`)
  await mkdir(options.out, { recursive: true })
  for (const form of wanted) {
    for (const seed of options.seeds.split(',').map(Number)) {
      const { pdf, spec, fieldMapping } = await renderForm(form, seed)
      const path = join(options.out, `${form.id}-${seed}`)
      await writeFile(`${path}.pdf`, pdf)
      await writeFile(`${path}.json`, JSON.stringify({ spec, fieldMapping }, null, 2))
      console.log(`${path}.pdf`)
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof AuthoredDataInvalid || error instanceof Error ? error.message : error)
  process.exitCode = 1
})
