interface Share {
  dollars: number
  hours: number
}

/**
 * One approval over several trainings: what is spent and what running ones may still spend never exceeds it.
 * Each that starts gets its part, by weight, of what is left then, so that what a stopped one left goes to the later ones.
 */
export class SharedBudget {
  private readonly waiting: Map<string, number>
  private readonly running = new Map<string, Share>()
  private spent: Share = { dollars: 0, hours: 0 }

  constructor(
    private readonly approved: Share,
    weights: Iterable<readonly [string, number]>,
  ) {
    this.waiting = new Map(weights)
  }

  open(name: string): Share {
    const all = [...this.waiting.values()].reduce((sum, weight) => sum + weight, 0)
    const part = (this.waiting.get(name) ?? 0) / all
    const left = (key: keyof Share): number =>
      Math.max(0, this.approved[key] - this.spent[key] - [...this.running.values()].reduce((sum, share) => sum + share[key], 0))
    const share = { dollars: round(left('dollars') * part), hours: left('hours') * part }
    this.waiting.delete(name)
    this.running.set(name, share)
    return share
  }

  /** What a training used of its part; the rest is free again. */
  close(name: string, used: Share): void {
    this.running.delete(name)
    this.spent = { dollars: this.spent.dollars + used.dollars, hours: this.spent.hours + used.hours }
  }
}

/** Down, so that parts never add up to more than the whole. */
const round = (dollars: number): number => Math.floor(dollars * 1e6) / 1e6
