import { WINDOW_SECONDS } from './verify.js'

/** Verified requests come from Slack alone; more than this in five minutes is none of it. */
const MAX_REMEMBERED = 10_000

/** Signatures seen within the window: the same request twice is a replay. */
export class Replays {
  private readonly seen = new Map<string, number>()

  constructor(private readonly now: () => number = Date.now) {}

  /** True the first time; false for a replay, and when too many came to be told apart. */
  isFirst(signature: string): boolean {
    this.forget()
    if (this.seen.has(signature) || this.seen.size >= MAX_REMEMBERED) return false
    this.seen.set(signature, this.now())
    return true
  }

  private forget(): void {
    // A timestamp may lie the window's length ahead of our clock, so its signature holds for two of them.
    const oldest = this.now() - 2 * WINDOW_SECONDS * 1000
    for (const [signature, at] of this.seen) {
      if (at > oldest) return
      this.seen.delete(signature)
    }
  }
}
