import type { EarlyStop, SweepInput } from '../contracts/index.js'

/** Trainings report each twentieth of their way. */
const PARTS = 20
/** One batch says little: losses are compared as means over so many reports. */
const SMOOTHED = 4

/** The losses of several trainings, each at its share of its own steps. */
export class Race {
  private readonly curves = new Map<string, number[]>()
  private readonly at = new Map<string, number>()

  constructor(private readonly rules: SweepInput['earlyStop']) {}

  report(name: string, { step, steps, loss }: { step: number; steps: number; loss: number | null }): void {
    if (loss === null || steps <= 0) return
    const part = Math.floor((step / steps) * PARTS)
    const curve = this.curves.get(name) ?? []
    curve[part] = loss
    this.curves.set(name, curve)
    this.at.set(name, part)
  }

  /** Why a running training is to be stopped: another one was better by the margin at the same part of the way. Null: it goes on. */
  verdict(name: string): EarlyStop | null {
    const part = this.at.get(name)
    if (part === undefined || part >= PARTS || part / PARTS < this.rules.afterShare) return null
    const loss = this.mean(name, part)
    const others = [...this.curves.keys()].flatMap((against) => {
      const best = against === name ? null : this.mean(against, part)
      return best === null ? [] : [{ against, best }]
    })
    const leader = others.sort((a, b) => a.best - b.best)[0]
    if (loss === null || !leader || loss <= leader.best * (1 + this.rules.margin)) return null
    return { share: part / PARTS, loss, ...leader }
  }

  /** Mean up to a part of the way; null when the training has not come so far. */
  private mean(name: string, part: number): number | null {
    const curve = this.curves.get(name)!
    if (curve.length <= part) return null
    const values = curve.slice(Math.max(0, part - SMOOTHED + 1), part + 1).filter((loss) => loss !== undefined)
    return values.length === 0 ? null : values.reduce((sum, loss) => sum + loss, 0) / values.length
  }
}
