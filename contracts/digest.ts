import { z } from 'zod'

/** A sha256 in lower-case hex. Every stored object is known by one; names are aliases. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256 in lower-case hex')
export type Digest = z.infer<typeof Digest>

/** The prompt and answer format. Dataset, adapter and inference service carry it; a mismatch is refused. */
export const PROMPT_VERSION = 'windows-v2'
