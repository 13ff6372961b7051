/**
 * Tokens a second of the larger bases, at the pessimistic end of docs/larger-bases.md: computed from their true
 * dimensions, never measured. Made by `python -m formwright_training.dry_run --typescript`, and held to it by a test.
 */
export const COMPUTED_TOKENS_PER_SECOND: Record<string, Record<string, number>> = {
  'Llama-3.2-3B-Instruct': { 'g6.xlarge': 1829, 'g5.xlarge': 1058, 'g6e.xlarge': 5473 },
  'Mistral-7B-Instruct-v0.3': { 'g6.xlarge': 641, 'g5.xlarge': 371, 'g6e.xlarge': 1917 },
}
