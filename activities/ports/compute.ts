export interface Instance {
  id: string
  region: string
  zone: string
  instanceType: string
  state: 'pending' | 'running' | 'shutting-down' | 'stopping' | 'stopped' | 'terminated'
  /** EC2's reason for the state, such as Server.SpotInstanceTermination; '' when it runs. */
  reason: string
  tags: Record<string, string>
}

export interface SpotPrice {
  instanceType: string
  zone: string
  dollarsPerHour: number
  /** ISO 8601 */
  at: string
}

export interface LaunchSpec {
  region: string
  zone: string
  instanceType: string
  maxDollarsPerHour: number
  /** The same over retries of one launch, another for each attempt. */
  clientToken: string
  userData: string
  tags: Record<string, string>
}

/** Spot instances of one account. */
export interface Compute {
  /** The newest price for each type and zone that has one. */
  spotPrices(query: { region: string; instanceTypes: string[] }): Promise<SpotPrice[]>
  /** Instances with our tags, terminated ones included as long as EC2 shows them. */
  find(query: { region: string; run?: string; attempt?: number }): Promise<Instance[]>
  /** @throws NoCapacity, PriceRisen, LaunchRefused */
  launch(spec: LaunchSpec): Promise<Instance>
  /** Null when EC2 does not know it (any more). */
  describe(region: string, id: string): Promise<Instance | null>
  /** Orders the end; an unknown instance is no error. */
  terminate(region: string, id: string): Promise<void>
}

/** This type in this zone cannot be had now. */
export class NoCapacity extends Error {
  override readonly name = 'NoCapacity'
}
/** The spot price is above what was approved. */
export class PriceRisen extends Error {
  override readonly name = 'PriceRisen'
}
/** EC2 will not launch this however often it is asked: quota, permission, parameters. */
export class LaunchRefused extends Error {
  override readonly name = 'LaunchRefused'
}
