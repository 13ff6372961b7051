/** One answer, with what the model thought of its tokens. */
export interface Completion {
  text: string
  tokens: string[]
  logprobs: (number | null)[]
  finished: boolean
}
export interface Completions {
  adapter: string
  completions: Completion[]
  usage: { prompt: number; completion: number }
}
