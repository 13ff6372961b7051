import type { Pace } from '../activities/types.js'
import type { Attempt, Offer, Quote } from '../contracts/index.js'

/** EC2 bills an instance's first minute whole. */
const MIN_BILLED_SECONDS = 60
/** From the order to terminate until EC2 says terminated. */
const TERMINATION_SECONDS = 60

/** What survives continue-as-new. */
export interface BookState {
  attempts: Attempt[]
  noticed: boolean
}

const seconds = (from: string, to: number): number => Math.max(0, (to - Date.parse(from)) / 1000)
const round = (dollars: number): number => Math.round(dollars * 1e6) / 1e6

/** Dollars of an instance from its launch order until `endMs`, by the second after the first minute. */
export function attemptDollars(attempt: Pick<Attempt, 'startedAt' | 'dollarsPerHour'>, endMs: number): number {
  return round((Math.max(MIN_BILLED_SECONDS, seconds(attempt.startedAt, endMs)) / 3600) * attempt.dollarsPerHour)
}

/** Looks within which a launch shows up whose answer got lost, or that EC2 carried out late: EC2 shows new instances within a minute. */
const SETTLING_LOOKS = 6

/** Seconds for which ended attempts are looked after; one without an id may have been launched all the same, whatever the last answer said. */
export const settleSeconds = (attempts: Pick<Attempt, 'instanceId'>[], pace: Pick<Pace, 'pollSeconds'>): number =>
  attempts.every(({ instanceId }) => instanceId) ? 0 : SETTLING_LOOKS * pace.pollSeconds

/** What stopping costs: it is kept back, so that the cap holds after the last checkpoint too. */
export const stopReserve = (dollarsPerHour: number, graceSeconds: number): number =>
  ((graceSeconds + TERMINATION_SECONDS) / 3600) * dollarsPerHour

/** Attempts of a run with the money and the hours that they used. */
export class AttemptBook {
  readonly attempts: Attempt[]
  noticed: boolean

  constructor(
    private readonly quote: Pick<Quote, 'offers' | 'chosen' | 'plan'>,
    private readonly maxDollars: number,
    private readonly graceSeconds: number,
    state?: BookState,
    private readonly maxHours = quote.plan.compute.maxHours,
  ) {
    this.attempts = state?.attempts ?? []
    this.noticed = state?.noticed ?? false
  }

  get state(): BookState {
    return { attempts: this.attempts, noticed: this.noticed }
  }

  get open(): Attempt | undefined {
    return this.attempts.find((attempt) => attempt.ending === 'running')
  }

  /** Records the attempt that is about to be launched: from here on it has to be ended. */
  begin(offer: Offer, nowMs: number): Attempt {
    const attempt: Attempt = {
      number: this.attempts.length + 1,
      instanceId: null,
      instanceType: offer.instanceType,
      zone: offer.zone,
      dollarsPerHour: offer.spotDollarsPerHour,
      startedAt: new Date(nowMs).toISOString(),
      endedAt: null,
      ending: 'running',
      dollars: 0,
    }
    this.attempts.push(attempt)
    return attempt
  }

  /** Closes an attempt. One that never had an instance cost nothing. */
  end(attempt: Attempt, ending: Attempt['ending'], nowMs: number, billed: boolean): void {
    attempt.ending = ending
    attempt.endedAt = new Date(nowMs).toISOString()
    attempt.dollars = billed ? attemptDollars(attempt, nowMs) : 0
  }

  dollars(nowMs: number): number {
    const each = this.attempts.map((attempt) =>
      attempt.ending === 'running' && attempt.instanceId ? attemptDollars(attempt, nowMs) : attempt.dollars,
    )
    return round(each.reduce((sum, dollars) => sum + dollars, 0))
  }

  /** Hours that instances ran. */
  private hours(nowMs: number): number {
    return this.attempts.reduce((sum, attempt) => {
      if (attempt.dollars === 0 && attempt.ending !== 'running') return sum
      return sum + seconds(attempt.startedAt, attempt.endedAt ? Date.parse(attempt.endedAt) : nowMs) / 3600
    }, 0)
  }

  /** Milliseconds that an instance at this price may still train; 0: not worth a launch. */
  msLeft(dollarsPerHour: number, nowMs: number, share = 1): number {
    const money = this.maxDollars * share - this.dollars(nowMs) - (share === 1 ? stopReserve(dollarsPerHour, this.graceSeconds) : 0)
    const byMoney = dollarsPerHour > 0 ? (money / dollarsPerHour) * 3_600_000 : Number.POSITIVE_INFINITY
    const byHours = (this.maxHours * share - this.hours(nowMs)) * 3_600_000
    return Math.max(0, Math.floor(Math.min(byMoney, byHours)))
  }

  /** The cheapest offer that has failed least: another type or zone after an interruption or a lack of capacity. */
  nextOffer(): Offer {
    const failures = (offer: Offer): number =>
      this.attempts.filter(
        (attempt) => attempt.ending !== 'running' && attempt.instanceType === offer.instanceType && attempt.zone === offer.zone,
      ).length
    const isChosen = (offer: Offer): boolean =>
      offer.instanceType === this.quote.chosen.instanceType && offer.zone === this.quote.chosen.zone
    const cost = (offer: Offer): number => offer.spotDollarsPerHour / offer.tokensPerSecond
    return [...this.quote.offers].sort(
      (a, b) => failures(a) - failures(b) || Number(isChosen(b)) - Number(isChosen(a)) || cost(a) - cost(b) || a.zone.localeCompare(b.zone),
    )[0]!
  }
}
