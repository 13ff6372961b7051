import { ApplicationFailure } from '@temporalio/common'
import { type Offer, type Quote, throughputOf } from '../contracts/index.js'
import { isProof } from '../contracts/proof.js'
import type { Clock } from './ports/clock.js'
import type { Compute, SpotPrice } from './ports/compute.js'
import { digestOf } from './ports/digests.js'
import type { PlanActivities, QuoteInput } from './types.js'

export interface QuotePorts {
  compute: Compute
  clock: Clock
  /** FORMWRIGHT_DECISION_KEY; absent: no proof holds. */
  decisionKey?: string
}

/** Boot, fetching, preparing, upload: hours that are paid besides each training itself. */
const OVERHEAD_HOURS = 0.1
const cents = (dollars: number): number => Math.round(dollars * 1e4) / 1e4

/**
 * Prices a plan: every type and zone with its spot price, the one with the least dollars per token first.
 * @throws NoOffer when no type of the plan has a price in its region
 */
export async function quoteSpend(ports: QuotePorts, input: QuoteInput): Promise<Quote> {
  const { plan } = input
  const prices = await ports.compute.spotPrices({ region: plan.compute.region, instanceTypes: plan.compute.instanceTypes })
  const offers = prices
    .map((price) => toOffer(price, plan.base.name))
    .sort((a, b) => perToken(a) - perToken(b) || (a.zone < b.zone ? -1 : 1))
  const chosen = offers[0]
  if (!chosen)
    throw ApplicationFailure.nonRetryable(
      `No spot price for ${plan.compute.instanceTypes.join(', ')} in ${plan.compute.region}; nothing was spent`,
      'NoOffer',
    )
  const expectedHours = plan.trainTokens / chosen.tokensPerSecond / 3600 + OVERHEAD_HOURS * (plan.configurations?.length ?? 1)
  const quotedAt = ports.clock.now()
  const quote: Omit<Quote, 'digest'> = {
    planDigest: digestOf(plan),
    plan,
    offers,
    chosen,
    expectedHours: cents(expectedHours),
    expectedDollars: cents(expectedHours * chosen.spotDollarsPerHour),
    maxDollars: cents(Math.min(input.maxDollars, plan.compute.maxHours * Math.max(...offers.map((offer) => offer.spotDollarsPerHour)))),
    atCap: input.atCap,
    quotedAt: new Date(quotedAt).toISOString(),
    expiresAt: new Date(quotedAt + input.expiresInMinutes * 60_000).toISOString(),
  }
  return { digest: digestOf(quote), ...quote }
}

const perToken = (offer: Offer): number => offer.spotDollarsPerHour / offer.tokensPerSecond

function toOffer(price: SpotPrice, base: string): Offer {
  const { tokensPerSecond } = throughputOf(price.instanceType, base)
  return { instanceType: price.instanceType, zone: price.zone, spotDollarsPerHour: price.dollarsPerHour, tokensPerSecond, at: price.at }
}

/** Quote activities over the compute port. */
export function createQuoteActivities(ports: QuotePorts): Pick<PlanActivities, 'quoteSpend' | 'checkPrice' | 'verifyProof'> {
  return {
    quoteSpend: (input) => quoteSpend(ports, input),
    checkPrice: async ({ plan, chosen }) => {
      const prices = await ports.compute.spotPrices({ region: plan.compute.region, instanceTypes: [chosen.instanceType] })
      const now = prices.find((price) => price.zone === chosen.zone && price.instanceType === chosen.instanceType)
      return { dollarsPerHour: now?.dollarsPerHour ?? null }
    },
    verifyProof: async ({ proof, ...decision }) =>
      ports.decisionKey !== undefined && isProof(decision as Parameters<typeof isProof>[0], proof, ports.decisionKey),
  }
}
