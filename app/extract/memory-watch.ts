const MIB = 2 ** 20
const EVERY_MS = 3
/** An ordinary form takes some 50 MiB; this much more than at the start is too much. */
const MOST_GROWTH = 120 * MIB
/** The whole process stays below 512 MiB, what grows between two looks included… */
const CEILING = 390 * MIB
/** …but what earlier forms left behind is not laid at this one's door. */
const LEAST_GROWTH = 64 * MIB

/** Whether the next form may grow by the least that it is allowed and the process stay below its ceiling. */
export const roomForMore = (): boolean => process.memoryUsage.rss() + LEAST_GROWTH < CEILING

/**
 * Calls back when the process has grown by too much since the start.
 * A thread's resourceLimits bound its heap only; what it inflates into array buffers shows in the process alone.
 */
export class MemoryWatch {
  private timer: NodeJS.Timeout | undefined

  start(onTooMuch: () => void): void {
    const now = process.memoryUsage.rss()
    const limit = Math.max(now + LEAST_GROWTH, Math.min(now + MOST_GROWTH, CEILING))
    this.timer = setInterval(() => {
      if (process.memoryUsage.rss() < limit) return
      this.stop()
      onTooMuch()
    }, EVERY_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }
}
