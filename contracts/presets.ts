import { COMPUTED_TOKENS_PER_SECOND } from './larger-bases.js'
import type { Preset } from './run.js'
import type { Hyperparameters } from './training.js'

export interface PresetPlan {
  base: string
  initFrom: 'live' | 'none'
  hyperparameters: Hyperparameters
  instanceTypes: { embedded: readonly string[]; aws: readonly string[] }
}

const CPU_TWO_CORES = ['c7i.large', 'c7a.large', 'm7i.large'] as const
const GPU_24_GB = ['g6.xlarge', 'g5.xlarge', 'g6.2xlarge'] as const

const small: Hyperparameters = {
  rank: 32,
  alpha: 64,
  dropout: 0,
  layers: 14,
  targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  learningRate: 8e-4,
  warmupShare: 0.04,
  weightDecay: 0,
  epochs: 1,
  tokensPerStep: 2048,
  maxSequenceTokens: 768,
  seed: 1,
  precision: 'auto',
}
const large: Hyperparameters = { ...small, layers: 32, rank: 16, alpha: 32, learningRate: 2e-4, precision: 'bfloat16', tokensPerStep: 8192 }

/** Everything a preset stands for; a run's input may override single hyperparameters. */
export const PRESET_PLANS: Record<Preset, PresetPlan> = {
  tiny: {
    base: 'SmolLM2-135M-Instruct',
    initFrom: 'none',
    hyperparameters: { ...small, rank: 8, alpha: 16, layers: 2, maxSteps: 2, tokensPerStep: 512 },
    instanceTypes: { embedded: CPU_TWO_CORES, aws: ['c7i.large', 'c7a.large', 'm7i.large'] },
  },
  quick: {
    base: 'SmolLM2-135M-Instruct',
    initFrom: 'live',
    hyperparameters: { ...small, learningRate: 1e-4, maxSteps: 24, tokensPerStep: 2048 },
    instanceTypes: { embedded: CPU_TWO_CORES, aws: ['c7i.2xlarge', 'c7a.2xlarge', 'm7i.2xlarge'] },
  },
  full: {
    base: 'SmolLM2-135M-Instruct',
    initFrom: 'none',
    hyperparameters: small,
    instanceTypes: { embedded: CPU_TWO_CORES, aws: ['g4dn.xlarge', 'g6.xlarge', 'g5.xlarge'] },
  },
  'llama-3.2-3b': {
    base: 'Llama-3.2-3B-Instruct',
    initFrom: 'none',
    hyperparameters: { ...large, layers: 28 },
    instanceTypes: { embedded: CPU_TWO_CORES, aws: GPU_24_GB },
  },
  'mistral-7b': {
    base: 'Mistral-7B-Instruct-v0.3',
    initFrom: 'none',
    hyperparameters: { ...large, precision: 'qlora' },
    instanceTypes: { embedded: CPU_TWO_CORES, aws: GPU_24_GB },
  },
}

/** Training tokens per second and where the figure comes from. */
export interface Throughput {
  tokensPerSecond: number
  source: string
}

const MEASURED_TWO_CORES = {
  tokensPerSecond: 180,
  source: 'measured on two shared AVX2 cores: 180–190 tokens/s for SmolLM2-135M, rank 32, upper 18 layers',
}
const scaled = (factor: number, why: string): Throughput => ({
  tokensPerSecond: MEASURED_TWO_CORES.tokensPerSecond * factor,
  source: `estimated: ${why}`,
})

/** For the 135M base. */
const THROUGHPUT: Record<string, Throughput> = {
  'c7i.large': MEASURED_TWO_CORES,
  'c7a.large': MEASURED_TWO_CORES,
  'm7i.large': MEASURED_TWO_CORES,
  'c7i.2xlarge': scaled(3, 'four times the cores of the measured machine, three quarters of it gained'),
  'c7a.2xlarge': scaled(3, 'four times the cores of the measured machine, three quarters of it gained'),
  'm7i.2xlarge': scaled(3, 'four times the cores of the measured machine, three quarters of it gained'),
  'g4dn.xlarge': scaled(60, 'T4 at a quarter of its 65 TFLOPS half-precision peak'),
  'g6.xlarge': scaled(100, 'L4 at a quarter of its 121 TFLOPS half-precision peak'),
  'g6.2xlarge': scaled(100, 'L4 at a quarter of its 121 TFLOPS half-precision peak'),
  'g5.xlarge': scaled(100, 'A10G at a quarter of its 125 TFLOPS half-precision peak'),
}

/** Instance types with the card of another. */
const SAME_CARD: Record<string, string> = { 'g6.2xlarge': 'g6.xlarge' }
const PARAMETERS: Record<string, number> = {
  'SmolLM2-135M-Instruct': 0.135e9,
  'Llama-3.2-3B-Instruct': 3.21e9,
  'Mistral-7B-Instruct-v0.3': 7.25e9,
}

/** Throughput of a base on an instance type; an unknown type counts as the two measured cores. A larger base goes by what was computed for the card, elsewhere by its size. */
export function throughputOf(instanceType: string, base: string): Throughput {
  const card = SAME_CARD[instanceType] ?? instanceType
  const computed = COMPUTED_TOKENS_PER_SECOND[base]?.[card]
  if (computed)
    return { tokensPerSecond: computed, source: `computed for ${card}, not measured: the pessimistic end of docs/larger-bases.md` }
  const known = THROUGHPUT[instanceType] ?? { ...MEASURED_TWO_CORES, source: `no figure for ${instanceType}: taken as two cores` }
  const ratio = (PARAMETERS[base] ?? PARAMETERS['SmolLM2-135M-Instruct']!) / PARAMETERS['SmolLM2-135M-Instruct']!
  return ratio === 1
    ? known
    : { tokensPerSecond: known.tokensPerSecond / ratio, source: `${known.source}; divided by ${ratio.toFixed(1)} for the larger base` }
}
