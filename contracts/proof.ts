import { createHmac, timingSafeEqual } from 'node:crypto'
import { proofText } from './spend.js'

// Beside the index: workflows may not reach node:crypto.
type Proven = Parameters<typeof proofText>[0]

/** Hex HMAC that shows a decision came through a part that holds the key, and so knows who decided. */
export const proofOf = (decision: Proven, key: string): string => createHmac('sha256', key).update(proofText(decision)).digest('hex')

/** Whether `proof` is the decision's, in constant time. */
export function isProof(decision: Proven, proof: string, key: string): boolean {
  const [given, expected] = [Buffer.from(proof), Buffer.from(proofOf(decision, key))]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
