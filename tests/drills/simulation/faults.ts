import { createHash } from 'node:crypto'
import { LaunchRefused, NoCapacity, PriceRisen } from '../../../activities/ports/compute.js'

/** A port fails no more often in a row than the retries outlast. */
const MAX_IN_A_ROW = 3
/** Methods whose effect may come twice or too late; a second reading changes nothing. */
const EFFECTS = /^(store\.(put|create)|compute\.(launch|terminate)|inference\.(load|unload|setAlias))$/

const KINDS = ['before', 'after', 'slow', 'twice', 'late'] as const
type Kind = (typeof KINDS)[number]
type Effect = () => unknown

/** A number in [0, 1) of these words: independent of which call of another port came first. */
function draw(...words: (string | number)[]): number {
  return createHash('sha256').update(words.join('/')).digest().readUInt32BE() / 2 ** 32
}

/**
 * Puts faults in front of ports, by seed: a call fails before its effect or after it, takes long, has its effect twice, or is answered
 * with an error while its effect comes after later calls of the same port. What strikes the n-th call of a method is fixed by the seed.
 */
export class Faults {
  /** Calls of all ports so far. */
  calls = 0
  /** Nothing strikes now. */
  calm = false
  /** Faults that struck, by kind. */
  readonly struck: Partial<Record<Kind, number>> = {}
  private readonly made = new Map<string, number>()
  private readonly inARow = new Map<string, number>()
  private readonly late: { port: string; in: number; effect: Effect }[] = []

  constructor(
    private readonly seed: number,
    private readonly rate: number,
    private readonly onCall: (call: number) => Promise<void>,
    private readonly slow: () => Promise<void>,
  ) {}

  wrap = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get: (target, key, receiver) => {
        const value = Reflect.get(target, key, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.call(name, String(key), () => Reflect.apply(value, target, args))
      },
    })

  private async call(port: string, key: string, effect: Effect): Promise<unknown> {
    // People are told beside everything else: their calls are not counted.
    if (port !== 'notifier') await this.onCall(++this.calls)
    const name = `${port}.${key}`
    await this.land(port)
    const kind = this.strikes(name)
    if (!kind) return effect()
    this.struck[kind] = (this.struck[kind] ?? 0) + 1
    return this.strike(kind, name, port, effect)
  }

  private strikes(name: string): Kind | undefined {
    const n = (this.made.get(name) ?? 0) + 1
    this.made.set(name, n)
    const failed = this.inARow.get(name) ?? 0
    if (this.calm || failed >= MAX_IN_A_ROW || draw(this.seed, name, n) >= this.rate) {
      this.inARow.set(name, 0)
      return undefined
    }
    this.inARow.set(name, failed + 1)
    // Who could not be told may have read it all the same.
    if (name.startsWith('notifier.')) return 'after'
    const kinds = EFFECTS.test(name) ? KINDS : KINDS.slice(0, 3)
    return kinds[Math.floor(draw(this.seed, name, n, 'kind') * kinds.length)]
  }

  private async strike(kind: Kind, name: string, port: string, effect: Effect): Promise<unknown> {
    if (kind === 'slow') await this.slow()
    if (kind === 'slow') return effect()
    if (kind === 'twice') await effect()
    if (kind === 'twice') return effect()
    if (kind === 'before') throw new Error(`${name}: 503 before the effect`)
    if (kind === 'late') this.late.push({ port, in: 1 + Math.floor(draw(this.seed, name, this.calls, 'late') * 2), effect })
    else await passRefusals(effect)
    throw new Error(`${name}: cut off ${kind === 'late' ? 'before' : 'after'} the effect`)
  }

  /** Effects that were on their way for long enough arrive. */
  private async land(port: string): Promise<void> {
    for (const one of this.late.filter((waiting) => waiting.port === port)) if (one.in-- <= 0) await this.arrive(one)
  }

  /** Everything that is still on its way arrives. */
  async landAll(): Promise<void> {
    for (const one of [...this.late]) await this.arrive(one)
  }

  private async arrive(one: (typeof this.late)[number]): Promise<void> {
    this.late.splice(this.late.indexOf(one), 1)
    // Nobody hears its answer.
    await Promise.resolve(one.effect()).catch(() => undefined)
  }
}

/** A refusal is an answer of the port itself and goes through as it is. */
async function passRefusals(effect: Effect): Promise<void> {
  try {
    await effect()
  } catch (error) {
    if (error instanceof NoCapacity || error instanceof PriceRisen || error instanceof LaunchRefused) throw error
  }
}
