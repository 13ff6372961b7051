const MIB = 2 ** 20
const EVERY_MS = 25

/**
 * Calls back when the process has grown by too much since the start.
 * A thread's resourceLimits bound its heap only; what it inflates into array buffers shows in the process alone.
 */
export class MemoryWatch {
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly growthMiB: number) {}

  start(onTooMuch: () => void): void {
    const limit = process.memoryUsage.rss() + this.growthMiB * MIB
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
