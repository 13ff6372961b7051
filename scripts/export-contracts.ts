/**
 * Writes contracts/schema/contracts.json, a JSON Schema of the contracts that the Python rooms share, and from it their
 * pydantic models. `--out DIR` writes both below another folder, so that a test can compare.
 *
 *   npm run contracts
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { DatasetManifest, TrainingExample } from '../contracts/dataset.js'
import * as inference from '../contracts/inference.js'
import * as training from '../contracts/training.js'

const GENERATOR_OPTIONS = [
  ...['--input-file-type', 'jsonschema', '--output-model-type', 'pydantic_v2.BaseModel', '--target-python-version', '3.11'],
  ...['--enum-field-as-literal', 'all', '--collapse-root-models', '--use-annotated', '--use-double-quotes', '--disable-timestamp'],
  ...['--formatters', 'builtin'],
]

// Bounds of a safe integer say nothing, and pydantic has types of its own for what a `format` names.
function tidied(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const bound = Number.MAX_SAFE_INTEGER
  const dropped = ([key, of]: [string, unknown]) =>
    (key === 'minimum' && of === -bound) || (key === 'maximum' && of === bound) || (key === 'pattern' && 'format' in value)
  return Object.fromEntries(Object.entries(value).filter((entry) => !dropped(entry)))
}

/** JSON Schema (draft 2020-12) with one entry in $defs per contract. */
function contractsSchema(): object {
  const registry = z.registry<{ id: string }>()
  for (const [name, value] of Object.entries({ ...training, ...inference, TrainingExample, DatasetManifest })) {
    if (value instanceof z.ZodType) registry.add(value, { id: name })
  }
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/$defs/${id}`, io: 'input', unrepresentable: 'throw' })
  const definitions = Object.fromEntries(Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [name, schema]))
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Contracts', $defs: definitions }
}

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'contracts' }, python: { type: 'string', default: '.formwright/venv/bin/python' } },
})
const schema = join(values.out, 'schema', 'contracts.json')
const models = join(values.out, 'python', 'formwright_contracts', 'models.py')
for (const file of [schema, models]) mkdirSync(dirname(file), { recursive: true })
writeFileSync(schema, `${JSON.stringify(contractsSchema(), tidied, 2)}\n`)
execFileSync(values.python, ['-m', 'datamodel_code_generator', ...GENERATOR_OPTIONS, '--input', schema, '--output', models], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
