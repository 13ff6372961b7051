import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CatalogRepository } from '../activities/catalog/repository.js'
import { createCatalogActivities } from '../activities/catalog/index.js'
import { createEvaluateActivities } from '../activities/evaluate/index.js'
import { codeDigest, readPublished } from '../activities/evaluate/sources.js'
import type { CaseInput } from '../activities/evaluate/types.js'
import { systemClock } from '../activities/ports/clock.js'
import type { ObjectStore } from '../activities/ports/object-store.js'
import type { Settings, VariantId } from '../contracts/index.js'
import { readFixtures } from '../data/fine-tuning/extraction/pairs.js'
import type { Extractor } from '../extraction/extractor.js'
import { readPrices } from '../extraction/prices.js'
import { createExtractor } from '../extraction/registry.js'
import { CLAUDE_MODELS } from '../extraction/variants/claude.js'

const SECONDS_PER_HOUR = 3600

/** The extractor of a planned variant. Adapters and bases are asked for by digest or name, never by alias. */
async function extractorOf(settings: Settings, { variant }: CaseInput): Promise<Extractor> {
  if (variant.provider === 'inference') {
    const { inferenceHost } = await readPrices()
    return createExtractor('extraction/lora-v1', {
      inference: {
        url: settings.FORMWRIGHT_INFERENCE_URL,
        token: settings.FORMWRIGHT_INFERENCE_TOKEN,
        api: settings.FORMWRIGHT_INFERENCE_API,
        model: variant.model!,
        dollarsPerSecond: inferenceHost.dollarsPerHour / SECONDS_PER_HOUR,
      },
    })
  }
  const anthropic = { apiKey: settings.ANTHROPIC_API_KEY, baseUrl: settings.ANTHROPIC_BASE_URL }
  return createExtractor(variant.variant as VariantId, { anthropic })
}

/** Evaluation of what is deployed, on the fixtures of the repository. */
export function evaluationActivities(root: string, settings: Settings, store: ObjectStore) {
  const fixtures = join(root, 'data/fine-tuning/extraction/fixtures')
  let code: Promise<string> | undefined
  return createEvaluateActivities({
    store,
    fixtures: {
      list: () => readFixtures(fixtures),
      pdf: async (fixture) => new Uint8Array(await readFile(join(fixtures, fixture.pdf))),
    },
    extractor: (input) => extractorOf(settings, input),
    code: () => (code ??= codeDigest(join(root, 'extraction'))),
    published: () => readPublished(root),
    apiModels: settings.ANTHROPIC_API_KEY ? CLAUDE_MODELS : {},
    clock: systemClock,
  })
}

/** Pages go to the configured repository, else to the one that the code is in. */
export function catalogActivities(root: string, settings: Settings) {
  const repository = settings.FORMWRIGHT_REPOSITORY ?? root
  return createCatalogActivities({
    repository: new CatalogRepository(repository, resolve(root, settings.FORMWRIGHT_WORKTREES)),
    remote: settings.FORMWRIGHT_CATALOG_REMOTE,
    github: settings.GITHUB_TOKEN
      ? { token: settings.GITHUB_TOKEN, apiUrl: settings.GITHUB_API_URL ?? 'https://api.github.com' }
      : undefined,
  })
}
