import { stringify } from 'yaml'
import { type CatalogEntry, METRICS } from '../../contracts/index.js'
import { candidateOf } from './entry.js'
import { code, plain, table } from './markdown.js'
import { share } from './numbers.js'

/** Where a base comes from on the Hub; a base that is not listed goes by its name. */
const HUB: Record<string, { id: string; license: string }> = {
  'SmolLM2-135M-Instruct': { id: 'HuggingFaceTB/SmolLM2-135M-Instruct', license: 'apache-2.0' },
  'Llama-3.2-3B-Instruct': { id: 'meta-llama/Llama-3.2-3B-Instruct', license: 'llama3.2' },
  'Mistral-7B-Instruct-v0.3': { id: 'mistralai/Mistral-7B-Instruct-v0.3', license: 'apache-2.0' },
}

/** The model card for the Hugging Face Hub with `model-index`; null for a run without a measured adapter. */
export function modelCard(entry: CatalogEntry): string | null {
  const own = candidateOf(entry)
  if (!own || !entry.base || !entry.candidate) return null
  const hub = HUB[entry.base.name]
  const metrics = METRICS.flatMap((metric) => {
    const figure = own.metrics[metric]
    return figure
      ? [
          {
            type: metric,
            name: `${metric}, 95 % interval ${figure.low.toFixed(3)}–${figure.high.toFixed(3)}`,
            value: figure.value,
            verified: false,
          },
        ]
      : []
  })
  const head = {
    ...(hub ? { license: hub.license, base_model: hub.id, base_model_relation: 'adapter' } : { base_model: entry.base.name }),
    library_name: 'peft',
    pipeline_tag: 'text-generation',
    language: ['en', 'es'],
    tags: ['lora', 'pdf', 'form-extraction'],
    'model-index': [
      {
        name: entry.adapter,
        results: [
          {
            task: { type: 'text-generation', name: 'PDF form field extraction' },
            dataset: { type: 'formwright-evaluation-forms', name: 'Formwright evaluation forms', revision: entry.evaluation!.digest },
            metrics,
            source: { name: 'Formwright catalog page', url: `${entry.adapter}.md` },
          },
        ],
      },
    ],
  }
  const { hyperparameters: h, dataset } = entry
  const rows = [
    ['Adapter', code(entry.candidate)],
    ['Base', `${plain(entry.base.name)}, ${code(entry.base.digest)}`],
    ...(dataset
      ? [
          [
            'Training data',
            `${dataset.pairs} pairs, ${dataset.families} form families, ${dataset.windows} windows, ${code(dataset.digest)}`,
          ],
        ]
      : []),
    ...(h ? [['LoRA', `rank ${h.rank}, alpha ${h.alpha}, upper ${h.layers} layers`]] : []),
    ['Recall and precision', `${share(own.metrics.recall)} and ${share(own.metrics.precision)} on ${own.forms} forms`],
  ]
  return [
    `---\n${stringify(head)}---`,
    `# ${entry.adapter}`,
    'Names, types and groups the fields of a fillable PDF form, window by window, from text that Formwright lays out around each widget. It answers in one line per field under a grammar; without that grammar and the matching prompt version its answers mean nothing.',
    table(['', ''], rows),
    'Not for reading filled-in forms, scans, or anything but blank forms. A person checks what it extracts before it is used.',
  ]
    .join('\n\n')
    .concat('\n')
}
