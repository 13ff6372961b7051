import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { PRESETS, type Preset } from '../contracts/index.js'
import { buildDataset } from '../data/fine-tuning/extraction/curate.js'

const options = new Command('make-dataset')
  .description("Curate a preset's dataset into a folder, as the workflow's curate stage does into S3")
  .addOption(new Option('--preset <name>', 'how much of the corpus').choices(PRESETS).default('full'))
  .requiredOption('--out <dir>', 'folder that gets <digest>/')
  .parse()
  .opts<{ preset: Preset; out: string }>()

const dataset = await buildDataset(options.preset)
const dir = join(options.out, dataset.digest)
await mkdir(dir, { recursive: true })
for (const [path, bytes] of dataset.files) await writeFile(join(dir, path), bytes)
process.stdout.write(`${JSON.stringify({ dir, digest: dataset.digest, ...dataset.manifest, files: undefined })}\n`)
