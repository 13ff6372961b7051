import { randomOf } from './random.js'

/** A port fails no more often in a row than the retries outlast. */
const MAX_IN_A_ROW = 3

/** Refusals are answers of the port itself; they go through as they are. */
export class Faults {
  /** Calls of all ports so far. */
  calls = 0
  private readonly random: () => number
  private readonly inARow = new Map<string, number>()

  constructor(
    seed: number,
    private readonly rate: number,
    private readonly onCall: (call: number) => Promise<void>,
  ) {
    this.random = randomOf(seed ^ 0x5eed)
  }

  /** The port with faults in front of its methods: an error before the effect, or after it. */
  wrap = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get: (target, key, receiver) => {
        const value = Reflect.get(target, key, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.call(`${name}.${String(key)}`, () => Reflect.apply(value, target, args))
      },
    })

  private async call(name: string, effect: () => unknown): Promise<unknown> {
    await this.onCall(++this.calls)
    const strike = this.random() < this.rate && (this.inARow.get(name) ?? 0) < MAX_IN_A_ROW
    if (!strike) {
      this.inARow.set(name, 0)
      return effect()
    }
    this.inARow.set(name, (this.inARow.get(name) ?? 0) + 1)
    if (this.random() < 0.5) throw new Error(`${name}: 503 before the effect`)
    await effect()
    throw new Error(`${name}: cut off after the effect`)
  }
}
